// Tiles that renew themselves, in place: not while the tab is hidden, at once on return, slower after a failure.
import { draw } from "./chart-draw.js";
import { figures } from "./chart-figures.js";
import { ask, inUse } from "./parts.js";

const PATIENCE = 8;
const grid = document.querySelector("[data-tiles]");
const interval = Number(grid?.dataset.refresh) * 1000;
let [paused, timer, slower, last, asking] = [false, 0, 1, Date.now()];

if (grid) {
  document.querySelector("[data-refresh-now]").hidden = false;
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-refresh-now]")) renew(0);
    const button = target.closest("[data-pause]");
    if (button) pause(button);
  });
  document.addEventListener("visibilitychange", () => {
    slower = 1;
    schedule();
  });
  // Escape stops a refresh, and waiting for tiles, unless it closes a menu or a dialog.
  document.addEventListener("keydown", ({ key, defaultPrevented }) => {
    if (key !== "Escape" || defaultPrevented || document.querySelector("dialog[open]")) return;
    asking?.abort();
    for (const tile of document.querySelectorAll("[data-tile].htmx-request")) window.htmx.trigger(tile, "htmx:abort");
  });
  document.addEventListener("htmx:afterSwap", ({ target }) => target.removeAttribute("aria-busy"));
  if (interval) document.querySelector("[data-pause]").hidden = false;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (interval && !paused && !document.hidden) timer = setTimeout(() => renew(Math.floor(interval / 1200)), Math.max(0, last + interval * slower - Date.now()));
}

function pause(button) {
  paused = !paused;
  button.setAttribute("aria-pressed", paused);
  const text = button.querySelector("[data-pause-text]");
  text.textContent = paused ? text.dataset.resume : text.dataset.stop;
  schedule();
}

async function renew(within) {
  last = Date.now();
  asking?.abort();
  const { signal } = (asking = new AbortController());
  const done = await Promise.all([...grid.querySelectorAll("[data-tile]")].map((body) => renewOne(body, within, signal)));
  if (signal !== asking.signal) return;
  slower = done.every(Boolean) ? 1 : Math.min(slower * 2, PATIENCE);
  schedule();
}

// Of one that was stopped, or that a later one took the place of, nothing is told: what is shown stays, with its age.
async function renewOne(body, within, signal) {
  let good;
  try {
    // Whoever asks for it wants it anew, within 0 seconds.
    const answer = await ask(`${body.dataset.tile}&within=${within}`, within, signal);
    const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    if (fresh) await place(body, fresh);
    good = fresh && !fresh.querySelector('[data-part="stale"] .note');
  } catch {
    // Nobody answered.
  }
  if (!signal.aborted) body.classList.toggle("is-stale", !good);
  return good || signal.aborted;
}

async function place(body, fresh) {
  const plots = [...body.querySelectorAll("[data-figure]")];
  const figuresNow = [...fresh.querySelectorAll("[data-figure]")].map((plot) => plot.nextElementSibling.content.textContent);
  const sameCharts = plots.length && plots.length === figuresNow.length && plots.every((plot) => figures.has(plot));
  const [parts, others] = [body, fresh].map((root) => [...root.querySelectorAll("[data-part]")]);
  // A tile that gets its first numbers, or has none any more, has more or fewer parts than before.
  if (parts.length !== others.length) {
    if (!inUse(body)) put(body, fresh.body);
    return;
  }
  for (const [at, part] of parts.entries()) {
    const next = others[at];
    if ((part.dataset.part === "chart" && sameCharts) || inUse(part) || part.innerHTML === next.innerHTML) continue;
    put(part, next);
  }
  if (sameCharts) for (const [at, plot] of plots.entries()) await draw(plot, JSON.parse(figuresNow[at]));
}

function put(detail, next) {
  detail.replaceChildren(...next.childNodes);
  document.dispatchEvent(new CustomEvent("figuresadded", { detail }));
}
