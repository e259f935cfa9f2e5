// The palette, which keys.js opens. Its entries come once from the server as links; typing filters them here, arrows choose,
// Enter goes. Without scripts the search link in the top bar opens the same list as a page.

import { ask } from "./parts.js";

let dialog, box, list, rows, told;

export async function fill(opened) {
  // A step back in history may have put another in its place.
  if (dialog !== opened) start(opened);
  if (!rows.length) await load();
  filter();
}

function start(opened) {
  dialog = opened;
  box = dialog.querySelector("input");
  list = dialog.querySelector("[role=listbox]");
  rows = [];
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  box.addEventListener("input", filter);
  box.addEventListener("keydown", keyed);
}

async function load() {
  list.setAttribute("aria-busy", "true");
  told?.remove();
  try {
    const answer = await ask(dialog.dataset.source);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // What could not be read, with the ids to hand on, stands above the list, which holds nothing but options.
    told = page.querySelector("[data-problems], .support");
    told?.classList.add("palette-note");
    if (told) list.before(told);
    if (!answer.ok) throw new Error(String(answer.status));
    list.replaceChildren(...page.body.childNodes);
    rows = [...list.querySelectorAll("[role=option]")].map((row) => ({ row, text: row.textContent.toLocaleLowerCase() }));
  } catch {
    list.replaceChildren();
    note(list.dataset.failed);
  } finally {
    list.removeAttribute("aria-busy");
  }
}

function filter() {
  if (!rows.length) return;
  const words = box.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  for (const { row, text } of rows) row.hidden = !words.every((word) => text.includes(word));
  for (const group of list.querySelectorAll("[role=group]")) group.hidden = !group.querySelector("[role=option]:not([hidden])");
  list.querySelector(".palette-empty")?.remove();
  const shown = visible();
  if (!shown.length) note(list.dataset.empty);
  choose(shown[0]);
}

function note(words) {
  const line = document.createElement("p");
  line.className = "palette-note palette-empty";
  line.textContent = words;
  list.append(line);
}

function visible() {
  return rows.map(({ row }) => row).filter((row) => !row.hidden);
}

function choose(row) {
  for (const { row: other } of rows) other.setAttribute("aria-selected", String(other === row));
  if (row) { box.setAttribute("aria-activedescendant", row.id); row.scrollIntoView({ block: "nearest" }); }
  else box.removeAttribute("aria-activedescendant");
}

function keyed(event) {
  const shown = visible();
  const at = shown.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (shown.length) choose(shown[(at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length]);
  } else if (event.key === "Escape") {
    // A search box would take the first Escape to empty itself.
    event.preventDefault();
    dialog.close();
  } else if (event.key === "Enter" && shown[at]) {
    event.preventDefault();
    shown[at].click();
    dialog.close();
  }
}
