// What the builder and a dashboard share: single choices run at once, the age of an answer counts on, and of the parts, which
// on a phone lie in a line that scrolls, the one that has the focus is in sight.

import "./age.js";

export function startForm() {
  document.addEventListener("input", choosing);
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-run]")) event.target.form.requestSubmit();
  });
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches(".builder-parts > *, .part > summary")) target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

// Writing a date or words chooses that way of saying the range.
function choosing(event) {
  const radio = document.getElementById(event.target.dataset?.chooses ?? "");
  if (radio) radio.checked = true;
}
