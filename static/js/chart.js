// Draws every [data-figure] from the JSON in the template beside it, again when HTMX swaps, the theme or the width changes.
// Plotly only draws: hovering, keys, zooming and the legend are ours (chart-points.js), on top of it.
import { startLegends } from "./chart-legend.js";
import { layoutFor } from "./chart-layout.js";
import { startPage } from "./chart-page.js";
import { loadPlotly } from "./chart-policy.js";
import { enliven, startPoints } from "./chart-points.js";
import { startPictures } from "./chart-picture.js";
import { filled, forgetColours } from "./chart-theme.js";

const CONFIG = { staticPlot: true, displayModeBar: false, responsive: false };
const plotly = document.querySelector("script[data-plotly]").dataset.plotly;
export const figures = new WeakMap();

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const known = figures.get(target);
    if (known && Math.abs(known.width - target.clientWidth) > 1) draw(target);
  }
});

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

export async function draw(plot, figure) {
  const source = figure ?? figures.get(plot)?.figure ?? JSON.parse(plot.nextElementSibling.content.textContent);
  const width = plot.clientWidth;
  if (!width) return;
  const known = figures.get(plot) ?? { hidden: new Set() };
  figures.set(plot, Object.assign(known, { figure: source, width }));
  const { layout, labelled } = layoutFor(source, width, Number(plot.dataset.height));
  known.layout = layout;
  const canvas = canvasOf(plot);
  const data = filled(source.data).map((trace, at) => shownTrace(trace, source.data[at], known));
  await window.Plotly.react(canvas, data, filled(layout), CONFIG);
  plot.closest(".panel")?.classList.toggle("is-labelled", labelled);
  enliven(plot, known);
  widths.observe(plot);
}

// One chosen line stands out, the others fade; without a choice all are as they came.
function shownTrace(trace, { meta }, { chosen }) {
  const line = meta?.line ?? meta?.with;
  if (chosen === undefined || line === undefined) return trace;
  return { ...trace, opacity: line === chosen ? 1 : 0.12, ...(line === chosen && trace.line ? { line: { ...trace.line, width: 2.5 } } : {}) };
}

function canvasOf(plot) {
  let canvas = plot.querySelector(".plot-canvas");
  if (!canvas) {
    canvas = document.createElement("div");
    canvas.className = "plot-canvas";
    canvas.setAttribute("aria-hidden", "true");
    plot.replaceChildren(canvas);
  }
  return canvas;
}

function redrawAll() {
  forgetColours();
  drawAll();
}

document.addEventListener("themechange", redrawAll);
document.addEventListener("figuresadded", (event) => drawAll(event.detail));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
for (const name of ["htmx:afterSettle", "htmx:historyCacheMissLoad", "htmx:historyRestore"]) {
  document.addEventListener(name, (event) => drawNew(event.target instanceof Element ? event.target : document));
}

function drawNew(root) {
  for (const plot of root.querySelectorAll("[data-figure]")) if (!figures.has(plot)) drawAll(plot.parentElement);
}

startPoints();
startLegends();
startPage();
startPictures();
drawAll();
