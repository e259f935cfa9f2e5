// What the builder and a dashboard share: single choices run at once, the age of an answer counts on.

export function startForm() {
  document.addEventListener("input", choosing);
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-run]")) event.target.form.requestSubmit();
  });
  setInterval(age, 1000);
}

// Writing a date or words chooses that way of saying the range.
function choosing(event) {
  const radio = document.getElementById(event.target.dataset?.chooses ?? "");
  if (radio) radio.checked = true;
}

export function age() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(time.dateTime)) / 1000));
    const [value, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : seconds < 129600 ? [Math.round(seconds / 3600), "hour"] : [Math.round(seconds / 86400), "day"];
    const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { style: "narrow", numeric: "always" }).format(-value, unit);
    if (time.textContent !== words) time.textContent = words;
  }
}
