// After a swap: the focus goes where the next action is, and one polite sentence says what happened.
// The server says both: `data-focus` on what should take the focus, and the events "announce" and "focus" in HX-Trigger.

export function startFocus() {
  document.addEventListener("htmx:afterSettle", (event) => {
    const wanted = event.target.matches?.("[data-focus]") ? event.target : event.target.querySelector?.("[data-focus]");
    if (wanted) moveTo(wanted);
  });
  document.addEventListener("announce", (event) => announce(event.detail?.value ?? ""));
  document.addEventListener("focus-on", (event) => {
    const wanted = document.querySelector(event.detail?.value ?? "");
    if (wanted) moveTo(wanted);
  });
  const first = document.querySelector("main [data-focus]");
  if (first) moveTo(first);
}

export function announce(sentence) {
  const live = document.getElementById("live");
  if (!live) return;
  // The same sentence twice in a row is read only if the text goes away in between.
  live.textContent = "";
  setTimeout(() => { live.textContent = sentence; }, 50);
}

function moveTo(element) {
  const target = element.matches("input, select, textarea, button, a[href], [tabindex]")
    ? element
    : element.querySelector("input:not([type=hidden]), select, textarea, button, a[href]");
  target?.focus();
}
