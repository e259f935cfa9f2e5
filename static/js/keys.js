// The keyboard map: single letters that follow links marked data-key, "g" then a letter for places, "t" then a key for other
// times of a chart, "/" for the search box, j and k for the rows of a list. Nothing happens while typing, with a modifier held, or when the person switched single
// letters off (data-letters-off at the dialog of keys). Also Ctrl K, as the search link, and Ctrl Enter.

const WAIT = 1000;
const ROW = ":is(.row-link, .name-link)";
// What a first key waits for: the attribute of links that the second one follows.
const CHORDS = { g: "data-place-key", t: "data-chord" };
let [pending, chord] = [0];

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return save(event);
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") return palette(event);
    // A browser may empty a search box: what was typed stays.
    if (event.key === "Escape" && event.target.matches?.("main [type=search]")) event.preventDefault();
    if (!isCommand(event)) return;
    const place = Date.now() - pending < WAIT && document.querySelector(`[${chord}="${CSS.escape(event.key)}"][href]`);
    if (place) {
      event.preventDefault();
      pending = 0;
      place.click();
    } else if (event.key === "?") {
      event.preventDefault();
      showKeys();
    } else if (CHORDS[event.key]) {
      [pending, chord] = [Date.now(), CHORDS[event.key]];
    } else if (event.key === "/") {
      const search = document.querySelector("main input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else {
      const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (marked) { event.preventDefault(); marked.click(); }
      // The panel's own links have these keys while it is open.
      else if (/^[jk]$/.test(event.key) && !document.querySelector("#panel[data-of]")) walk(event.key === "j" ? 1 : -1);
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey) palette(event);
  });
}

// The list of keys, without those that do nothing on this page; it comes when it is first asked for.
async function showKeys() {
  const keys = document.getElementById("keys");
  if (!keys) return;
  const list = keys.lastElementChild;
  if (!list.children.length) {
    const { ask } = await import("./parts.js");
    const answer = await ask(keys.dataset.source).catch(() => ({ ok: false }));
    if (answer.ok) list.innerHTML = await answer.text();
    else list.textContent = document.getElementById("palette-list").dataset.failed;
  }
  for (const key of list.querySelectorAll("[data-here]")) key.hidden = key.nextElementSibling.hidden = !document.querySelector(key.dataset.here);
  if (!keys.open) keys.showModal();
}

// The palette opens at once and takes what is typed; its script comes when it is first asked for.
async function palette(event) {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  event.preventDefault();
  if (dialog.open) return;
  dialog.showModal();
  const box = dialog.querySelector("input");
  box.value = "";
  box.focus();
  (await import("./palette.js")).fill(dialog);
}

// Whether a key is one of the map's, rather than part of what is typed: a checkbox takes no letters.
export function isCommand(event) {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || target.isContentEditable) return false;
  return !target.matches?.("input:not([type=checkbox]), textarea, select, [role=textbox], [role=combobox]") && !document.querySelector("dialog[open], [data-letters-off]");
}

function walk(step) {
  const rows = [...document.querySelectorAll(`main tbody ${ROW}`)];
  const here = rows.indexOf(document.activeElement.closest("tr")?.querySelector(ROW));
  rows[Math.min(Math.max(0, here + step), rows.length - 1)]?.focus();
}

function save(event) {
  const form = event.target.closest?.("form");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("[data-save]");
  // Another button of the form that had the focus would speak for it (htmx sends the one that was used last).
  button?.focus({ preventScroll: true });
  form.requestSubmit(button ?? undefined);
}
