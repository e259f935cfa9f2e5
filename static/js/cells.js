// Cells that come after their table: each element of an answer takes the place of the one with its id. One step for all of
// them, as a swap of HTMX's for each would keep a phone busy; rows that are gone by then are none of its business.

document.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, serverResponse, xhr } = event.detail;
  if (xhr.status !== 200 || !requestConfig.elt.matches("[data-cells]")) return;
  event.detail.shouldSwap = false;
  placeCells(serverResponse);
});

export function placeCells(html) {
  const found = new DOMParser().parseFromString(html, "text/html");
  for (const cell of found.querySelectorAll("[id]")) {
    const place = document.getElementById(cell.id);
    if (!place) continue;
    const focused = place.contains(document.activeElement);
    place.replaceWith(cell);
    if (cell.querySelector("[hx-get]")) window.htmx.process(cell);
    if (focused) cell.querySelector("a[href], button")?.focus();
  }
}
