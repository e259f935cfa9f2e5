// The grid of segments: arrows and Enter move between cells, and cells copied from a spreadsheet are pasted from here on to the
// right and down. Tab is the browser's own. Without this script it is a form as any other.
import { announce } from "./focus.js";

const form = document.querySelector("form:has(> .grid-wrap)");
const COLUMNS = ["name", "description", "colour", "active"];
const ON = new Set(["1", "true", "yes", "on", "x", "✓", "wahr", "ja", "an", "active", "aktiv"]);
const OFF = new Set(["", "0", "false", "no", "off", "falsch", "nein", "aus", "inactive", "inaktiv"]);
// What the last paste replaced, as long as nothing was typed since: [cell, value before].
let replaced = [];

form?.addEventListener("keydown", move);
form?.addEventListener("paste", paste);
form?.addEventListener("input", (event) => {
  if (event.isTrusted) replaced = [];
  const row = event.target.closest("tr");
  if (row) markChanged(row);
});

const rowsOf = () => [...form.querySelectorAll("tbody tr:not(.grid-wrong)")];

// The cell that many columns to the right and rows down; nothing beyond the edges.
function at(cell, right, down, rows = rowsOf()) {
  const row = rows[rows.indexOf(cell.closest("tr")) + down];
  return row?.querySelector(`[name="${COLUMNS[COLUMNS.indexOf(cell.name) + right]}"]`);
}

function move(event) {
  const cell = event.target;
  if (!COLUMNS.includes(cell.name) || event.isComposing || event.metaKey) return;
  if (event.ctrlKey) {
    if (event.key === "z" && replaced.length) takeBack(event);
    return;
  }
  if (event.key === "Enter" && event.altKey) {
    if (cell.name !== "description") return;
    cell.setRangeText("\n", cell.selectionStart, cell.selectionEnd, "end");
    cell.dispatchEvent(new Event("input", { bubbles: true }));
    event.preventDefault();
    return;
  }
  if (event.altKey) return;
  const next = neighbour(cell, event);
  // Enter in the last row stays there: it never sends the form.
  if (!next && event.key !== "Enter") return;
  event.preventDefault();
  next?.focus();
  next?.select?.();
}

function neighbour(cell, event) {
  const text = cell.selectionStart !== null && cell.type !== "color";
  const begins = !text || cell.selectionEnd === 0 || (cell.selectionStart === 0 && cell.selectionEnd === cell.value.length);
  const ends = !text || cell.selectionStart === cell.value.length || (cell.selectionStart === 0 && cell.selectionEnd === cell.value.length);
  const lines = cell.value.includes("\n");
  if (event.key === "Enter") return at(cell, 0, event.shiftKey ? -1 : 1);
  if (event.shiftKey) return null;
  if (event.key === "ArrowDown" && !(lines && !ends)) return at(cell, 0, 1);
  if (event.key === "ArrowUp" && !(lines && !begins)) return at(cell, 0, -1);
  const back = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
  if (event.key === back && begins) return at(cell, -1, 0);
  if (/^Arrow(Left|Right)$/.test(event.key) && event.key !== back && ends) return at(cell, 1, 0);
  return null;
}

function paste(event) {
  const first = event.target;
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!COLUMNS.includes(first.name)) return;
  const table = cellsOf(text);
  const one = table.length === 1 && table[0].length === 1;
  if (one && ["name", "description"].includes(first.name)) return;
  event.preventDefault();
  const before = [];
  const rows = rowsOf();
  let left = 0;
  table.forEach((values, down) => values.forEach((value, right) => {
    const cell = at(first, right, down, rows);
    const was = cell && read(cell);
    if (cell && write(cell, value)) before.push([cell, was]);
    else left += 1;
  }));
  // One event for all: what listens looks at the whole form.
  first.dispatchEvent(new Event("input", { bubbles: true }));
  markAll(before);
  replaced = before;
  announce(form.dataset.pasted.replace("%s", before.length) + (left ? ` ${form.dataset.left.replace("%s", left)}` : ""));
}

// Rows and columns as spreadsheets put them on the clipboard: tabs and line ends, and quotes around a cell that holds either.
function cellsOf(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.replace(/\r\n?/g, "\n").replace(/\n$/, "").matchAll(/(?:"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))([\t\n]|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
    else if (end === "") break;
  }
  return rows;
}

function read(cell) {
  return cell.type === "checkbox" ? cell.checked : cell.value;
}

// Whether the cell takes such a value.
function write(cell, value) {
  if (cell.type === "checkbox") {
    const word = String(value).trim().toLowerCase();
    if (!ON.has(word) && !OFF.has(word)) return false;
    cell.checked = ON.has(word);
  } else if (cell.type === "color") {
    if (!/^#[\da-f]{6}$/i.test(value.trim())) return false;
    cell.value = value.trim();
  } else {
    cell.value = value;
  }
  return true;
}

function takeBack(event) {
  event.preventDefault();
  for (const [cell, value] of replaced) write(cell, value);
  markAll(replaced);
  replaced = [];
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
}

function markAll(cells) {
  for (const row of new Set(cells.map(([cell]) => cell.closest("tr")))) markChanged(row);
}

// What came back from the server may differ from what is saved in any cell, so there a mark stays.
function markChanged(row) {
  const differs = (cell) => (cell.type === "checkbox" ? cell.checked !== cell.defaultChecked : cell.value !== cell.defaultValue);
  const changed = [...row.querySelectorAll("input:not([type=hidden]), textarea")].some(differs);
  if (changed || !form.hasAttribute("data-changed")) row.classList.toggle("is-changed", changed);
}
