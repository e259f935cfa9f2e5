// What is tested, picked from a list that can be searched by label and by API name. Behind it stays the select.
import { announce } from "./focus.js";

let open = null;

export function enhanceKeys(root) {
  for (const select of root.querySelectorAll("select[data-key-picker]")) {
    const holder = select.parentElement;
    if (holder.classList.contains("has-picker")) continue;
    holder.classList.add("has-picker");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "key-button" });
    button.setAttribute("aria-haspopup", "listbox");
    button.setAttribute("aria-expanded", "false");
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (select.hasAttribute(name)) button.setAttribute(name, select.getAttribute(name));
    }
    button.classList.toggle("is-invalid", select.getAttribute("aria-invalid") === "true");
    button.select = select;
    select.picker = button;
    select.after(button);
    label(button);
    button.addEventListener("click", () => (open?.button === button ? close() : show(button, "")));
    button.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); show(button, ""); }
      else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); show(button, event.key); }
    });
    if (select.autofocus) button.focus();
  }
}

function label(button) {
  const chosen = button.select.selectedOptions[0];
  button.classList.toggle("is-empty", !chosen?.value);
  button.replaceChildren(chosen?.textContent ?? "");
  button.insertAdjacentHTML("beforeend", '<svg class="icon" width="14" height="14" aria-hidden="true"><use href="#i-down"/></svg>');
  button.setAttribute("aria-label", `${button.select.getAttribute("aria-label")}: ${chosen?.textContent ?? ""}`);
  if (chosen?.value) button.title = chosen.title || chosen.value;
}

function show(button, typed) {
  close();
  const side = button.select.dataset.keyPicker;
  const words = document.getElementById("editor-words").dataset;
  const panel = Object.assign(document.createElement("div"), { className: "picker" });
  panel.popover = "manual";
  panel.innerHTML = '<div class="picker-search"><svg class="icon" width="14" height="14" aria-hidden="true"><use href="#i-search"/></svg><input type="text" role="combobox" aria-expanded="true" aria-controls="picker-list" aria-autocomplete="list" autocomplete="off" spellcheck="false"></div><div class="picker-list" id="picker-list" role="listbox"></div>';
  const input = panel.querySelector("input");
  const list = panel.querySelector(".picker-list");
  input.setAttribute("aria-label", words.search);
  input.placeholder = words.search;
  list.setAttribute("aria-label", words.search);
  list.append(document.getElementById(`keys-${side}`).content.cloneNode(true));
  button.after(panel);
  panel.showPopover();
  const box = button.getBoundingClientRect();
  const above = box.bottom + panel.offsetHeight + 8 > innerHeight && box.top > innerHeight - box.bottom;
  open = { button, panel, input, list, side, words, above };
  button.setAttribute("aria-expanded", "true");
  input.value = typed;
  filter();
  input.focus();
  input.addEventListener("input", (event) => { event.stopPropagation(); filter(); });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("keydown", pressed);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => { const row = event.target.closest(".picker-key"); if (row) pick(row); });
  input.addEventListener("blur", () => setTimeout(() => { if (open?.panel === panel && !panel.contains(document.activeElement)) close(); }));
}

function filter() {
  const { input, list, button, side, words } = open;
  const wanted = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  list.querySelector(".picker-own")?.remove();
  for (const row of list.querySelectorAll(".picker-key")) {
    row.hidden = !wanted.every((word) => row.textContent.toLowerCase().includes(word));
  }
  for (const group of list.querySelectorAll("[role=group]")) group.hidden = ![...group.querySelectorAll(".picker-key")].some((row) => !row.hidden);
  const name = input.value.trim().replace(/^attributes\.|\.value$/g, "");
  if (side === "journey" && /^[A-Za-z0-9_\-.]{1,256}$/.test(name)) {
    const own = Object.assign(document.createElement("div"), { className: "picker-key picker-own" });
    own.setAttribute("role", "option");
    own.dataset.key = "attributes";
    own.dataset.attribute = name;
    own.textContent = words.attribute.replace("%s", name);
    list.append(own);
  }
  mark([...list.querySelectorAll(".picker-key:not([hidden])")].find((row) => !input.value && row.dataset.key === button.select.value) ?? shown()[0]);
  place();
}

const shown = () => [...open.list.querySelectorAll(".picker-key")].filter((row) => !row.hidden && !row.closest("[hidden]"));

function mark(row) {
  for (const other of open.list.querySelectorAll('[aria-selected="true"]')) other.removeAttribute("aria-selected");
  if (!row) return open.input.removeAttribute("aria-activedescendant");
  row.id ||= `pick-${Math.random().toString(36).slice(2)}`;
  row.setAttribute("aria-selected", "true");
  open.input.setAttribute("aria-activedescendant", row.id);
  row.scrollIntoView({ block: "nearest" });
}

function pressed(event) {
  if (event.isComposing) return;
  const rows = shown();
  const here = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    mark(rows[(here + (event.key === "ArrowDown" ? 1 : -1) + rows.length) % rows.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (rows[here]) pick(rows[here]);
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close(true);
  } else if (event.key === "Tab" && rows[here] && open.input.value) {
    pick(rows[here]);
  }
}

function pick(row) {
  const { button } = open;
  const { select } = button;
  const { key, attribute } = row.dataset;
  close(true);
  if (![...select.options].some((option) => option.value === key)) select.add(new Option(row.querySelector(".picker-label")?.textContent ?? key, key));
  select.value = key;
  const name = select.parentElement.querySelector(".attribute-name");
  if (attribute) name.value = attribute;
  label(button);
  announce(button.textContent);
  select.dispatchEvent(new Event("change", { bubbles: true }));
  if (key === "attributes" && name && !name.value) name.focus();
}

export function close(back = false) {
  if (!open) return;
  const { button, panel } = open;
  open = null;
  button.setAttribute("aria-expanded", "false");
  if (back) button.focus();
  panel.remove();
}

// Below its button, or above where there is more room.
function place() {
  if (!open) return;
  const box = open.button.getBoundingClientRect();
  const { style } = open.panel;
  style.top = `${open.above ? Math.max(8, box.top - open.panel.offsetHeight - 4) : box.bottom + 4}px`;
  style.left = `${Math.max(8, Math.min(box.left, innerWidth - open.panel.offsetWidth - 8))}px`;
}

addEventListener("scroll", place, { passive: true });
addEventListener("resize", place);
