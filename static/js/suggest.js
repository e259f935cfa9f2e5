// Values that exist, under a box that is typed in: shown if they arrive in 300 ms, otherwise none; never in the way.
// Arrows choose, Enter takes, Escape closes; without choosing, Enter does what it does without them.

const WITHIN = 300;
let list = null;
let asked = 0;

export function startSuggestions(address) {
  document.addEventListener("input", (event) => { if (event.target.dataset?.suggest) ask(event.target, address); }, true);
  document.addEventListener("focusin", (event) => { if (event.target.dataset?.suggest && !event.target.value) ask(event.target, address); });
  document.addEventListener("focusout", (event) => { if (list?.input === event.target) close(); });
  document.addEventListener("keydown", pressed, true);
  addEventListener("scroll", place, { passive: true });
}

async function ask(input, address) {
  const number = ++asked;
  const text = input.value;
  const query = new URLSearchParams({ key: input.dataset.suggest, side: input.dataset.side, text });
  try {
    const answer = await fetch(`${address}?${query}`, { signal: AbortSignal.timeout(WITHIN), headers: { Accept: "application/json" } });
    const { values } = await answer.json();
    if (number === asked && document.activeElement === input && input.value === text && input.isConnected) show(input, values);
  } catch {
    // Too late, or no answer: typing goes on without.
  }
}

function show(input, values) {
  close();
  const there = input.chips?.values ?? [];
  const rows = values.filter(({ value }) => value && !there.includes(value) && value !== input.value).slice(0, 8);
  if (!rows.length) return;
  const panel = Object.assign(document.createElement("div"), { className: "suggestions", id: "suggestions" });
  panel.popover = "manual";
  panel.setAttribute("role", "listbox");
  panel.setAttribute("aria-label", input.getAttribute("aria-label"));
  rows.forEach(({ value, count }, index) => {
    const row = Object.assign(document.createElement("div"), { className: "suggestion", id: `suggestion-${index}` });
    row.setAttribute("role", "option");
    row.dataset.value = value;
    row.append(Object.assign(document.createElement("span"), { textContent: value }), Object.assign(document.createElement("span"), { textContent: count?.toLocaleString?.() ?? "" }));
    panel.append(row);
  });
  panel.addEventListener("mousedown", (event) => { event.preventDefault(); const row = event.target.closest(".suggestion"); if (row) take(row); });
  document.body.append(panel);
  panel.showPopover();
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", "suggestions");
  list = { input, panel };
  place();
}

function pressed(event) {
  if (!list || event.target !== list.input || event.isComposing) return;
  const rows = [...list.panel.children];
  const here = rows.findIndex((row) => row.ariaSelected === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = rows[(here + (event.key === "ArrowDown" ? 1 : here < 0 ? 0 : -1) + rows.length) % rows.length];
    for (const row of rows) row.ariaSelected = String(row === next);
    list.input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && here >= 0) {
    event.preventDefault();
    event.stopPropagation();
    take(rows[here]);
  } else if (event.key === "Enter") {
    asked += 1;
    close();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close();
  }
}

function take(row) {
  const { input } = list;
  close();
  asked += 1;
  input.value = row.dataset.value;
  if (input.chips && !input.chips.single) input.chips.take();
  else input.dispatchEvent(new Event("input", { bubbles: true }));
  asked += 1;
  close();
}

function close() {
  if (!list) return;
  list.input.setAttribute("aria-expanded", "false");
  list.input.removeAttribute("aria-activedescendant");
  list.panel.remove();
  list = null;
}

function place() {
  if (!list) return;
  const box = (list.input.closest(".chips-box") ?? list.input).getBoundingClientRect();
  const { style, offsetHeight } = list.panel;
  style.top = `${box.bottom + offsetHeight + 8 > innerHeight && box.top > offsetHeight ? box.top - offsetHeight - 4 : box.bottom + 4}px`;
  style.left = `${Math.max(8, Math.min(box.left, innerWidth - list.panel.offsetWidth - 8))}px`;
}
