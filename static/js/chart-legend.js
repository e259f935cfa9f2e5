// The legend: search among many series, choose one and it stands out, choose it again and all are back.
import { draw } from "./chart-draw.js";
import { figures } from "./chart-figures.js";
import { colour } from "./chart-theme.js";

const PATHS = {
  circle: "M7 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  square: "M3 1h8v8H3z",
  diamond: "M7 0l5 5-5 5-5-5z",
  "triangle-up": "M7 1l5 8H2z",
  cross: "M5.5 1h3v2.5H11v3H8.5V9h-3V6.5H3v-3h2.5z",
  star: "M7 0l1.6 3.4 3.7.4-2.8 2.5.8 3.7L7 8.1 3.7 10l.8-3.7L1.7 3.8l3.7-.4z",
  hexagon: "M4.5 1h5L12 5 9.500 9h-5L2 5z",
  pentagon: "M7 .5l5 3.700-1.900 5.300H3.900L2 4.200z",
};

export function startLegends() {
  document.addEventListener("click", (event) => {
    const entry = event.target.closest?.(".legend-entry");
    if (entry) choose(entry);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-legend-search]")) search(event.target);
  });
  document.addEventListener("chartsdrawn", paint);
}

export function paint() {
  for (const mark of document.querySelectorAll("svg[data-colour]")) {
    mark.firstElementChild.setAttribute("d", PATHS[mark.dataset.symbol] ?? PATHS.square);
    mark.firstElementChild.setAttribute("fill", colour(mark.dataset.colour));
  }
}

function choose(entry) {
  const plot = entry.closest(".panel").querySelector("[data-figure]");
  const known = figures.get(plot);
  if (!known) return;
  const line = Number(entry.dataset.line);
  known.chosen = known.chosen === line ? undefined : line;
  for (const one of entry.closest(".panel").querySelectorAll(".legend-entry")) {
    one.setAttribute("aria-pressed", String(Number(one.dataset.line) === known.chosen));
  }
  draw(plot);
}

function search(input) {
  const wanted = input.value.trim().toLowerCase();
  for (const entry of input.closest("[data-legend]").querySelectorAll(".legend-entry")) {
    entry.parentElement.hidden = !entry.textContent.toLowerCase().includes(wanted);
  }
}
