// Many rows at once: which are selected stays while the list is filtered, is counted and announced. Checkboxes carry
// form="bulk" and the form has data-selection; without this script the checked boxes of the page are posted as they are.

import "./rows.js";

const form = document.querySelector("form[data-selection]");
const chosen = new Set();

const boxes = () => [...document.querySelectorAll('input[type=checkbox][name=id][form="bulk"]')];
const all = () => document.querySelector("[data-selection-all]");

if (form) {
  for (const box of boxes()) if (box.checked) chosen.add(box.value);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-selection-clear]")) { chosen.clear(); show(); }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-selection-all]")) for (const box of boxes()) box.checked = event.target.checked;
    else if (!event.target.matches('input[form="bulk"]')) return;
    for (const box of boxes()) chosen[box.checked ? "add" : "delete"](box.value);
    show();
  });
  document.addEventListener("htmx:afterSettle", show);
  // The way back leads to the list as it is filtered now.
  document.addEventListener("htmx:pushedIntoHistory", () => {
    form.elements.back.value = location.pathname + location.search;
  });
  addEventListener("pageshow", show);
  show();
}

function show() {
  const rows = boxes();
  const shown = new Set(rows.map((box) => box.value));
  for (const box of rows) {
    box.checked = chosen.has(box.value);
    // Nothing is written where nothing changed: a row whose attributes are set is styled anew.
    if (box.checked) box.closest("tr")?.setAttribute("aria-selected", "true");
    else box.closest("tr")?.removeAttribute("aria-selected");
  }
  const here = rows.filter((box) => box.checked).length;
  const header = all();
  if (header) {
    header.checked = here > 0 && here === rows.length;
    header.indeterminate = here > 0 && here < rows.length;
  }
  const hidden = [...chosen].filter((id) => !shown.has(id));
  const count = form.querySelector("[data-selection-count]");
  const words = form.dataset.selected.replace("%s", chosen.size) + (hidden.length ? ` (${form.dataset.hidden.replace("%s", hidden.length)})` : "");
  if (count.textContent !== words) count.textContent = words;
  form.classList.toggle("is-used", chosen.size > 0);
  const place = form.querySelector("[data-selection-hidden]");
  place.replaceChildren(...hidden.map((value) => Object.assign(document.createElement("input"), { type: "hidden", name: "id", value })));
}
