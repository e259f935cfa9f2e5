// Draws every [data-figure] from the JSON in the template beside it, again when HTMX swaps, the theme or the width changes.
// Plotly only draws: hovering, keys, zooming and the legend are ours (chart-points.js), on top of it.
import { draw } from "./chart-draw.js";
import { figures } from "./chart-figures.js";
import { startForm } from "./chart-form.js";
import { startLegends } from "./chart-legend.js";
import { loadPlotly } from "./chart-policy.js";
import { startPoints } from "./chart-points.js";
import { forgetColours } from "./chart-theme.js";
import { startUnanswered } from "./chart-unanswered.js";

const plotly = document.querySelector("script[data-plotly]").dataset.plotly;

export async function drawAll(root = document) {
  const plots = [...root.querySelectorAll("[data-figure]")];
  if (root.matches?.("[data-figure]")) plots.push(root);
  if (!plots.length) return;
  try {
    await Promise.all([loadPlotly(plotly), document.fonts.ready]);
  } catch {
    return; // The table holds the same numbers.
  }
  for (const plot of plots) if (plot.isConnected) await draw(plot);
  document.dispatchEvent(new CustomEvent("chartsdrawn"));
}

function redrawAll() {
  forgetColours();
  drawAll();
}

document.addEventListener("themechange", redrawAll);
document.addEventListener("figuresadded", (event) => drawAll(event.detail));
for (const name of ["htmx:afterSettle", "htmx:historyCacheMissLoad", "htmx:historyRestore"]) {
  document.addEventListener(name, (event) => drawNew(event.target instanceof Element ? event.target : document));
}

function drawNew(root) {
  for (const plot of root.querySelectorAll("[data-figure]")) if (!figures.has(plot)) drawAll(plot.parentElement);
}

// On paper charts are light and as wide as the paper. Printing waits for nothing, and drawing again needs no waiting.
for (const name of ["beforeprint", "afterprint"]) addEventListener(name, () => {
  document.documentElement.classList.toggle("is-printed", name === "beforeprint");
  forgetColours();
  for (const plot of document.querySelectorAll("[data-figure]")) if (figures.has(plot)) draw(plot);
  document.dispatchEvent(new CustomEvent("chartsdrawn"));
});

// Taking a picture is rare: its script comes when it is asked for.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-picture]");
  if (button) (await import("./chart-picture.js")).take(button);
});

startPoints();
startLegends();
startForm();
startUnanswered();
if (document.getElementById("analytics")) import("./chart-page.js").then(({ startPage }) => startPage());
else document.addEventListener("goto", (event) => location.assign(event.detail));
drawAll();
