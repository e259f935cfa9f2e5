// Draws one plot, and again when its width changes.
import { figures } from "./chart-figures.js";
import { layoutFor } from "./chart-layout.js";
import { enliven } from "./chart-points.js";
import { filled } from "./chart-theme.js";

const CONFIG = { staticPlot: true, displayModeBar: false, responsive: false };

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const known = figures.get(target);
    if (known && Math.abs(known.width - target.clientWidth) > 1) draw(target);
  }
});

export async function draw(plot, figure) {
  const source = figure ?? figures.get(plot)?.figure ?? JSON.parse(plot.nextElementSibling.content.textContent);
  const width = plot.clientWidth;
  if (!width) return;
  const known = figures.get(plot) ?? {};
  figures.set(plot, Object.assign(known, { figure: source, width }));
  const { layout, labelled, data: shown } = layoutFor(source, width, Number(plot.dataset.height));
  known.layout = layout;
  const canvas = canvasOf(plot);
  const data = filled(shown).map((trace, at) => shownTrace(trace, shown[at], known));
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
