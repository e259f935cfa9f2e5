// Points of a chart by mouse and by keyboard: one box with all series of a bucket, sorted; dragging or Shift with the arrows
// marks a narrower range; a click or Enter opens what can be done with a point. The box is ours, so that names stay text.
import { announce } from "./focus.js";
import { figures } from "./chart-figures.js";
import { colour } from "./chart-theme.js";
import { SIGNS } from "./chart-layout.js";

const MOST_ROWS = 12;
const DRAG = 6;

export function startPoints() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-point]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPoint(link.href, link);
  });
}

// Called after each drawing: the layer is made once, its geometry is read anew.
export function enliven(plot, known) {
  if (known.layer?.isConnected) {
    // A refresh leaves the box where it is, with the new numbers.
    if (known.at !== undefined) show(plot, known.at, {});
    return;
  }
  known.layer = document.createElement("div");
  known.layer.className = "plot-layer";
  known.layer.append(part("plot-cursor"), part("plot-band"), part("hover-box"));
  plot.append(known.layer);
  if (known.bound) return;
  known.bound = true;
  plot.addEventListener("pointermove", (event) => moved(plot, event));
  plot.addEventListener("pointerleave", () => { if (!known.dragging) hide(known); });
  plot.addEventListener("pointerdown", (event) => pressed(plot, event));
  plot.addEventListener("pointerup", (event) => released(plot, event));
  plot.addEventListener("keydown", (event) => key(plot, event));
  plot.addEventListener("blur", () => hide(known));
}

function part(name) {
  const made = document.createElement("div");
  made.className = name;
  made.hidden = true;
  return made;
}

// Geometry. Time charts count buckets along x, bars count rows along y.

function scale({ layout }, axis) {
  const { margin, width, height } = layout;
  const [from, to] = layout[`${axis}axis`].range;
  const [start, length] = axis === "x" ? [margin.l, width - margin.l - margin.r] : [height - margin.b, -(height - margin.t - margin.b)];
  return { to: (value) => start + ((value - from) / (to - from)) * length, from: (px) => from + ((px - start) / length) * (to - from) };
}

function bucketAt(plot, event) {
  const known = figures.get(plot);
  const box = plot.getBoundingClientRect();
  const x = scale(known, "x").from(event.clientX - box.left);
  const y = scale(known, "y").from(event.clientY - box.top);
  const { meta } = known.figure;
  if (meta.kind === "time") return clamp(Math.round(x), meta.buckets.length);
  if (meta.kind === "bars") return clamp(Math.round(y), meta.lines.length);
  return clamp(Math.round(y), 7) * 24 + clamp(Math.round(x), 24);
}

function clamp(at, count) {
  return Math.min(Math.max(at, 0), count - 1);
}

function valueAt({ figure }, line, at) {
  const { data, meta } = figure;
  return meta.lines[line].apart?.[at] ?? data[line].y[at] ?? null;
}

// The mouse.

function moved(plot, event) {
  const known = figures.get(plot);
  const at = bucketAt(plot, event);
  if (known.dragging) {
    known.dragging.to = at;
    known.dragging.far ||= Math.abs(event.clientX - known.dragging.x) > DRAG;
    if (known.dragging.far) band(known, known.dragging.from, at);
  }
  const mark = markNear(plot, event);
  show(plot, at, { y: event.offsetY, mark });
}

function markNear(plot, event) {
  const known = figures.get(plot);
  const trace = known.figure.data.find((one) => one.meta?.marks);
  if (!trace) return undefined;
  const box = plot.getBoundingClientRect();
  if (event.clientY - box.top < known.layout.height - known.layout.margin.b - 14) return undefined;
  const x = scale(known, "x");
  const at = trace.x.findIndex((place) => Math.abs(x.to(place) - (event.clientX - box.left)) < 8);
  return at < 0 ? undefined : trace.meta.marks[at];
}

function pressed(plot, event) {
  const known = figures.get(plot);
  if (event.button !== 0 || event.pointerType === "touch") return;
  // Let go of outside, it ends all the same.
  plot.setPointerCapture(event.pointerId);
  known.dragging = { from: bucketAt(plot, event), x: event.clientX, far: false };
}

function released(plot, event) {
  const known = figures.get(plot);
  const drag = known.dragging;
  known.dragging = undefined;
  known.layer.querySelector(".plot-band").hidden = true;
  const at = bucketAt(plot, event);
  if (drag?.far && known.figure.meta.kind === "time") zoom(known, drag.from, at);
  else if (event.button === 0) choose(plot, at, nearest(plot, at, event));
}

function nearest(plot, at, event) {
  const known = figures.get(plot);
  const { meta } = known.figure;
  if (meta.kind !== "time") return at;
  const y = scale(known, "y").from(event.clientY - plot.getBoundingClientRect().top);
  let [best, distance, below] = [0, Infinity, 0];
  for (let line = 0; line < meta.lines.length; line += 1) {
    const value = valueAt(known, line, at);
    if (value === null) continue;
    // In a stack a point belongs to the area it lies in.
    const off = meta.stacked ? (y >= below && y <= below + value ? 0 : Math.min(Math.abs(y - below), Math.abs(y - below - value))) : Math.abs(y - value);
    if (off < distance) [best, distance] = [line, off];
    below += value;
  }
  return best;
}

function band(known, one, other) {
  const x = scale(known, "x");
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  const element = known.layer.querySelector(".plot-band");
  element.hidden = false;
  Object.assign(element.style, { left: `${x.to(from - 0.5)}px`, width: `${x.to(to + 0.5) - x.to(from - 0.5)}px`, top: `${known.layout.margin.t}px`, height: `${known.layout.height - known.layout.margin.t - known.layout.margin.b}px` });
}

function zoom({ figure }, one, other) {
  const { starts, point } = figure.meta;
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  if (!point) return;
  const address = point.replace("/point?", "/?");
  document.dispatchEvent(new CustomEvent("goto", { detail: `${address}&zoom=${starts[from]}-${starts[to + 1]}` }));
}

// The keyboard.

function key(plot, event) {
  const known = figures.get(plot);
  const { meta } = known.figure;
  const count = meta.kind === "time" ? meta.buckets.length : meta.kind === "bars" ? meta.lines.length : 168;
  const now = known.at ?? -1;
  const [back, on] = meta.kind === "bars" ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
  const far = meta.kind === "heat" ? { ArrowUp: -24, ArrowDown: 24 } : {};
  let next;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === back) next = now < 0 ? count - 1 : now - 1;
  else if (event.key === on) next = now + 1;
  else if (far[event.key]) next = now + far[event.key];
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = count - 1;
  else if (event.key === "Escape" && now >= 0) { event.stopPropagation(); known.from = undefined; hide(known); return; }
  else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && meta.kind === "time") { event.preventDefault(); walkLines(plot, event.key === "ArrowDown" ? 1 : -1); return; }
  else if ((event.key === "Enter" || event.key === " ") && now >= 0) {
    event.preventDefault();
    if (known.from !== undefined && known.from !== now) zoom(known, known.from, now);
    else choose(plot, now, meta.kind === "time" ? known.line ?? order(known, now)[0]?.line ?? 0 : now);
    return;
  } else return;
  event.preventDefault();
  next = clamp(next, count);
  if (event.shiftKey && meta.kind === "time") known.from ??= now < 0 ? next : now;
  else known.from = undefined;
  show(plot, next, {});
  if (known.from !== undefined) band(known, known.from, next);
  announce(said(known, next));
}

function walkLines(plot, step) {
  const known = figures.get(plot);
  if (known.at === undefined) return;
  const rows = order(known, known.at);
  const place = rows.findIndex((row) => row.line === known.line);
  known.line = rows[clamp(place + step, rows.length)]?.line;
  show(plot, known.at, {});
  const row = rows.find((one) => one.line === known.line);
  if (row) announce(`${row.name} ${row.text}`);
}

function said(known, at) {
  const { meta } = known.figure;
  if (meta.kind === "heat") return `${meta.rows[Math.floor(at / 24)]} ${meta.columns[at % 24]}: ${meta.texts[Math.floor(at / 24)][at % 24]}`;
  if (meta.kind === "bars") return `${meta.lines[at].name}: ${meta.lines[at].text}`;
  const rows = order(known, at).slice(0, 5).map((row) => `${row.name} ${row.text}`);
  return `${meta.buckets[at]} ${meta.notes[at] ?? ""}: ${rows.join(", ")}`;
}

// The box.

function order(known, at) {
  const { meta } = known.figure;
  return meta.lines
    .map((line, number) => ({ line: number, name: line.name, colour: line.colour, symbol: line.symbol, value: valueAt(known, number, at), change: line.changes?.[at] }))
    .map((row) => ({ ...row, text: row.value === null ? meta.words.none : written(row.value, meta.numbers) }))
    .sort((one, other) => (other.value ?? -Infinity) - (one.value ?? -Infinity));
}

function show(plot, at, { y, mark }) {
  const known = figures.get(plot);
  known.at = at;
  const { meta } = known.figure;
  const box = known.layer.querySelector(".hover-box");
  box.replaceChildren(...(mark ? [text("p", "hover-mark", mark.text)] : content(known, at)));
  box.hidden = false;
  place(plot, known, box, at, y);
  const cursor = known.layer.querySelector(".plot-cursor");
  cursor.hidden = meta.kind !== "time";
  if (meta.kind === "time") {
    Object.assign(cursor.style, { left: `${scale(known, "x").to(at)}px`, top: `${known.layout.margin.t}px`, height: `${known.layout.height - known.layout.margin.t - known.layout.margin.b}px` });
  }
}

function place(plot, known, box, at, y) {
  const { meta } = known.figure;
  const [x, height] = [scale(known, "x"), scale(known, "y")];
  let left, top;
  if (meta.kind === "time") [left, top] = [x.to(at), y ?? known.layout.margin.t];
  else if (meta.kind === "bars") [left, top] = [x.to(Math.max(0, meta.lines[at].value ?? 0)), height.to(at)];
  else [left, top] = [x.to(at % 24), height.to(Math.floor(at / 24))];
  const wide = box.offsetWidth;
  const fits = left + 14 + wide < plot.clientWidth;
  Object.assign(box.style, {
    left: `${Math.max(0, fits ? left + 14 : left - wide - 14)}px`,
    top: `${Math.max(0, Math.min(top - 12, plot.clientHeight - box.offsetHeight))}px`,
  });
}

function content(known, at) {
  const { meta } = known.figure;
  if (meta.kind === "heat") return [text("p", "hover-head", `${meta.rows[Math.floor(at / 24)]}, ${meta.columns[at % 24]}`), text("p", "", meta.texts[Math.floor(at / 24)][at % 24])];
  if (meta.kind === "bars") return [text("p", "hover-head", meta.lines[at].name), text("p", "", meta.lines[at].text)];
  const head = text("p", "hover-head", meta.buckets[at]);
  if (meta.notes[at]) head.append(text("span", "hover-note", meta.notes[at]));
  const rows = order(known, at);
  const list = document.createElement("table");
  list.className = "hover-rows";
  for (const row of rows.slice(0, MOST_ROWS)) list.append(rowOf(known, row, at));
  const total = meta.total?.[at];
  if (total !== undefined && total !== null && rows.length > 1) {
    const line = document.createElement("tr");
    line.className = "hover-total";
    line.append(text("td", "", ""), text("td", "", meta.words.total), text("td", "num", written(total, meta.numbers)));
    list.append(line);
  }
  const more = rows.length - MOST_ROWS;
  return [head, list, ...(more > 0 ? [text("p", "hover-note", meta.words.more.replace("%d", more))] : [])];
}

function rowOf(known, row, at) {
  const { meta } = known.figure;
  const line = document.createElement("tr");
  if (row.line === known.line) line.className = "is-chosen";
  const mark = text("td", "hover-mark-sign", SIGNS[row.symbol] ?? "●");
  mark.style.color = colour(row.colour);
  line.append(mark, text("td", "hover-name", row.name), text("td", "num", row.text));
  const total = meta.total?.[at];
  if (meta.shares) line.append(text("td", "num hover-quiet", total && row.value !== null ? written(row.value / total, { ...meta.numbers, percent: true }) : ""));
  if (row.change !== undefined) line.append(text("td", "num hover-quiet", row.change));
  return line;
}

// As analytics/labels.py does.
export function written(value, { percent: isPercent, places, thin, decimal }) {
  const number = isPercent ? value * 100 : value;
  const size = Math.abs(number);
  let decimals = isPercent ? (size < 10 ? 1 : 0) : size >= 10000 ? 0 : places;
  if (size && !Number(size.toFixed(decimals))) decimals = Math.min(12, Math.ceil(-Math.log10(size)));
  let [head, tail] = size.toFixed(decimals).split(".");
  tail = tail?.replace(/0+$/, "");
  head = head.replace(/\B(?=(\d{3})+$)/g, thin);
  return `${number < 0 ? "−" : ""}${head}${tail ? decimal + tail : ""}${isPercent ? `${thin}%` : ""}`;
}

function text(tag, className, content) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = content;
  return made;
}

function hide(known) {
  known.at = undefined;
  known.line = undefined;
  for (const child of known.layer?.children ?? []) child.hidden = true;
}

// What can be done with a point: its script comes when it is asked for.

function choose(plot, at, line) {
  const { meta } = figures.get(plot).figure;
  if (!meta.point) return;
  const params = new URLSearchParams();
  for (const value of meta.lines[line]?.group ?? []) params.append("p", value);
  if (meta.kind === "time") params.append("at", meta.starts[at]);
  if (![...params].length) return;
  openPoint(`${meta.point}&${params}`, plot);
}

async function openPoint(address, opener) {
  (await import("./chart-dialog.js")).open(address, opener);
}
