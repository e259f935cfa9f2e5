// Tiles that renew themselves: every so often, not while the tab is hidden, at once on return, slower after a failure.
// A refresh changes numbers in place. It never takes the focus, a selection, the scroll position or an open panel.
import { draw } from "./chart-draw.js";
import { figures } from "./chart-figures.js";
import { ask } from "./parts.js";

const PATIENCE = 8;
const grid = document.querySelector("[data-tiles]");
const interval = Number(grid?.dataset.refresh ?? 0) * 1000;
const bodies = () => [...(grid?.querySelectorAll("[data-tile]") ?? [])];
let [paused, timer, slower, last, turn] = [false, 0, 1, Date.now(), 0];

if (grid) {
  document.querySelector("[data-refresh-now]").hidden = false;
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-refresh-now]")) renew(0);
    const button = event.target.closest?.("[data-pause]");
    if (button) pause(button);
  });
  document.addEventListener("visibilitychange", onVisible);
  document.addEventListener("htmx:afterSwap", (event) => event.target.removeAttribute?.("aria-busy"));
  if (interval) document.querySelector("[data-pause]").hidden = false;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (interval && !paused && !document.hidden) timer = setTimeout(() => renew(Math.floor(interval / 1200)), Math.max(0, last + interval * slower - Date.now()));
}

function onVisible() {
  // Whoever comes back sees at once what is due, whatever failed before.
  slower = 1;
  schedule();
}

function pause(button) {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  const text = button.querySelector("[data-pause-text]");
  text.textContent = paused ? text.dataset.resume : text.dataset.stop;
  schedule();
}

async function renew(within) {
  last = Date.now();
  turn += 1;
  const mine = turn;
  const done = await Promise.all(bodies().map((body) => renewOne(body, within, () => mine === turn)));
  slower = done.every(Boolean) ? 1 : Math.min(slower * 2, PATIENCE);
  schedule();
}

// `newest` says whether no later refresh has begun: only its outcome is marked.
async function renewOne(body, within, newest) {
  const mark = (good) => {
    if (newest()) body.classList.toggle("is-stale", !good);
    return good;
  };
  try {
    // Whoever asks for it wants it anew, within 0 seconds.
    const answer = await ask(`${body.dataset.tile}&within=${within}`, within);
    if (!answer.ok) return mark(false);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    await place(body, fresh);
    return mark(!fresh.querySelector('[data-part="stale"] .note'));
  } catch {
    return mark(false);
  }
}

async function place(body, fresh) {
  const plots = [...body.querySelectorAll("[data-figure]")];
  const figuresNow = [...fresh.querySelectorAll("[data-figure]")].map((plot) => plot.nextElementSibling.content.textContent);
  const sameCharts = plots.length && plots.length === figuresNow.length && plots.every((plot) => figures.has(plot));
  if (!body.querySelector("[data-part]")) {
    body.replaceChildren(...fresh.body.childNodes);
    document.dispatchEvent(new CustomEvent("figuresadded", { detail: body }));
    return;
  }
  for (const part of body.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!next || (part.dataset.part === "chart" && sameCharts) || inUse(part) || part.innerHTML === next.innerHTML) continue;
    part.replaceChildren(...next.childNodes);
    document.dispatchEvent(new CustomEvent("figuresadded", { detail: part }));
  }
  if (sameCharts) for (const [at, plot] of plots.entries()) await draw(plot, JSON.parse(figuresNow[at]));
}

// What holds the focus, a selection or an open panel is left until it does not.
function inUse(part) {
  if (part.contains(document.activeElement)) return true;
  const selection = getSelection();
  return Boolean(selection && !selection.isCollapsed && part.contains(selection.anchorNode)) || Boolean(part.querySelector("details[open]"));
}
