// What did not come, or came from somebody else than the dashboard (a proxy in between), never takes the place of what is
// shown: a sentence above it says so. In an empty tile it is all there is.

export function startUnanswered() {
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    // The dashboard names every answer of its own, errors too.
    if (detail.xhr.status < 400 || detail.xhr.getResponseHeader("X-Request-Id")) return;
    detail.shouldSwap = false;
    tell(detail.target);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, ({ detail }) => tell(detail.target));
  document.addEventListener("htmx:sendAbort", ({ detail }) => { if (detail.target.dataset.tile) tell(detail.target); });
}

function tell(target) {
  const place = target.id === "analytics" ? document.getElementById("answer") : target.closest("[data-tile]");
  const words = document.getElementById("unanswered")?.content.firstElementChild;
  if (!place || !words) return;
  place.querySelector("[data-unanswered]")?.remove();
  const note = words.cloneNode(true);
  note.dataset.unanswered = "";
  if (place.matches("[data-tile]")) place.replaceChildren(note);
  else place.prepend(note);
  place.removeAttribute("aria-busy");
}
