// How old what is shown is, counted on by the second in the server's words (journeyadmin/ages.py): only the number and the sign
// of its unit change. Where the server says days, the words stay.

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(time.dateTime)) / 1000));
    const said = seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
    const words = time.textContent.replace(/\d+ (s|min|h)\b/, said);
    if (time.textContent !== words) time.textContent = words;
  }
}, 1000);
