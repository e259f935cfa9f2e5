// What the builder and a dashboard share: single choices run at once, the age of an answer counts on.

import "./age.js";

export function startForm() {
  document.addEventListener("input", choosing);
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-run]")) event.target.form.requestSubmit();
  });
}

// Writing a date or words chooses that way of saying the range.
function choosing(event) {
  const radio = document.getElementById(event.target.dataset?.chooses ?? "");
  if (radio) radio.checked = true;
}
