// Cells that come after their table: each element of an answer takes the place of the one with its id. Many in a step, as a swap
// of HTMX's for each would keep a phone busy, and not all in one: it answers to a touch between the steps. Rows that are gone by
// then are none of its business.

const AT_ONCE = 20;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, serverResponse, xhr } = event.detail;
  if (xhr.status !== 200 || !requestConfig.elt.matches("[data-cells]")) return;
  event.detail.shouldSwap = false;
  placeCells(serverResponse);
});

export async function placeCells(html) {
  const found = new DOMParser().parseFromString(html, "text/html");
  for (const [at, cell] of [...found.querySelectorAll("[id]")].entries()) {
    if (at && at % AT_ONCE === 0) await new Promise((done) => setTimeout(done));
    const place = document.getElementById(cell.id);
    if (!place) continue;
    const focused = place.contains(document.activeElement);
    place.replaceWith(cell);
    if (cell.querySelector("[hx-get]")) window.htmx.process(cell);
    if (focused) cell.querySelector("a[href], button")?.focus();
  }
}
