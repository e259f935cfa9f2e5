// What every figure gets from the page: type, margins that fit its labels, ticks that do not collide, names at line ends.
import { colour, font } from "./chart-theme.js";

export const SIGNS = { circle: "●", square: "■", diamond: "◆", "triangle-up": "▲", cross: "✚", star: "★", hexagon: "⬢", pentagon: "⬟" };
const LINE_HEIGHT = 16;
const NARROW = 560;
const MOST_ENDS = 8;
let canvas;

export function textWidth(text, size = 12) {
  canvas ??= document.createElement("canvas").getContext("2d");
  const { family } = font();
  canvas.font = `${size}px ${family}`;
  return canvas.measureText(text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&")).width;
}

// The layout of a figure for this width: { layout, labelled } where labelled says that line ends carry the names.
export function layoutFor(whole, width, height) {
  const figure = width < NARROW ? shorter(whole) : whole;
  const { layout, meta, data } = figure;
  const ends = lineEnds(figure, width);
  const margin = {
    l: leftMargin(layout.yaxis, width),
    r: ends.length ? besideLines(ends, width) : meta.kind === "heat" ? 56 : 14,
    t: 14,
    b: layout.xaxis.showticklabels === false ? 8 : 32,
    pad: 0,
  };
  if (meta.kind === "bars") margin.r = besideBars(meta, layout.xaxis.range, width - margin.l);
  const inner = Math.max(40, width - margin.l - margin.r);
  const base = {
    width,
    height,
    margin,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...font(), color: colour("@text-quiet") },
    showlegend: false,
    hovermode: false,
    dragmode: false,
    separators: `${meta.numbers?.decimal ?? "."}${meta.numbers?.thin ?? " "}`,
  };
  const plain = { fixedrange: true, zeroline: false, showline: false, ticks: "", automargin: false, tickfont: { color: colour("@text-quiet") } };
  const xaxis = { ...plain, showgrid: false, ticklabelstandoff: 5, ...layout.xaxis, ...thinned(layout.xaxis, inner, meta.levels) };
  const yaxis = { ...plain, gridcolor: colour("@chart-grid"), gridwidth: 1, ticklabelstandoff: 8, ...layout.yaxis, automargin: false };
  if (meta.kind === "bars") yaxis.ticktext = layout.yaxis.ticktext.map((text) => fitted(text, margin.l - 12));
  if (meta.kind === "time") yaxis.zeroline = true;
  Object.assign(yaxis, { zerolinecolor: colour("@line-strong"), zerolinewidth: 1 });
  const annotations = [...(layout.annotations ?? []), ...endLabels(ends, yaxis.range, height - margin.t - margin.b)];
  return { layout: { ...base, ...layout, xaxis, yaxis, annotations, margin }, labelled: ends.length > 0, data };
}

// Where there is little room, texts at bars are said shorter.
function shorter(figure) {
  const { data, meta } = figure;
  if (!meta.lines?.[0]?.short) return figure;
  const lines = meta.lines.map((line) => ({ ...line, text: line.short }));
  return { ...figure, data: [{ ...data[0], text: lines.map((line) => line.text) }, ...data.slice(1)], meta: { ...meta, lines } };
}

function leftMargin(axis, width) {
  const longest = Math.max(0, ...(axis.ticktext ?? []).map((text) => textWidth(text)));
  return Math.ceil(Math.min(longest, width * 0.42)) + 12;
}

// The room that the numbers at the ends of horizontal bars need: each stands right of its own bar.
function besideBars({ lines }, [low, high], room) {
  const longest = lines.map((line) => {
    const share = Math.max(0, ((line.value ?? 0) - low) / (high - low));
    return share ? (room - textWidth(line.text) - 12) / share : room;
  });
  return Math.max(8, room - Math.max(40, Math.min(room - 8, ...longest)));
}

// As many labels as stand side by side: the server says which of them stay when they become fewer.
function thinned({ tickvals, ticktext, showticklabels, range: [from, to] }, inner, levels = [1, 2, 3, 4, 6, 8].map((every) => tickvals?.map((_, at) => at).filter((at) => at % every === 0))) {
  if (!tickvals?.length || showticklabels === false) return {};
  const room = (Math.max(...ticktext.map((text) => textWidth(text))) + 14) / inner;
  const fits = (kept) => kept.every((at, n) => !n || (tickvals[at] - tickvals[kept[n - 1]]) / (to - from) >= room);
  const kept = levels.find(fits) ?? [0];
  return { tickvals: kept.map((at) => tickvals[at]), ticktext: kept.map((at) => ticktext[at]) };
}

// The last point of each line, where the names fit beside them.
function lineEnds({ data, meta }, width) {
  const lines = meta.compared ? [meta.lines[0], { name: meta.compared, colour: "@text-faint", apart: {}, y: meta.lines[0].before }] : meta.lines;
  if (!meta.ends || width < NARROW || lines.length < 2 || lines.length > MOST_ENDS) return [];
  return lines.flatMap((line, number) => {
    const y = line.y ?? data[number].y;
    for (let at = y.length - 1; at >= 0; at -= 1) {
      const value = line.apart[at] ?? y[at];
      if (value !== null && value !== undefined) return [{ at, value, name: line.name, colour: line.colour, sign: line.y ? "—" : SIGNS[line.symbol], last: y.length - 1 }];
    }
    return [];
  });
}

// A line may end long before the right edge, where the rest of a day lies ahead: then its name stands there.
function besideLines(ends, width) {
  const needed = ends.map((end) => 22 + textWidth(shortened(end.name)) - ((end.last - end.at) / (end.last + 1)) * width);
  return Math.max(14, Math.min(190, ...[Math.max(...needed)]));
}

// As much of a name as fits.
function fitted(text, room) {
  if (textWidth(text) <= room) return text;
  let short = text;
  while (short.length > 1 && textWidth(`${short}…`) > room) short = short.slice(0, -1);
  return `${short.replace(/&[a-z]*$/, "")}…`;
}

function endLabels(ends, [low, high], inner) {
  const places = ends
    .map((end) => ({ ...end, wish: ((high - end.value) / (high - low)) * inner }))
    .sort((one, other) => one.wish - other.wish);
  let floor = -Infinity;
  for (const place of places) {
    place.at_px = Math.max(place.wish, floor + LINE_HEIGHT);
    floor = place.at_px;
  }
  // What was pushed below the plot moves up again, and its neighbours with it.
  let ceiling = inner + LINE_HEIGHT / 2;
  for (const place of [...places].reverse()) {
    place.at_px = Math.min(place.at_px, ceiling);
    ceiling = place.at_px - LINE_HEIGHT;
  }
  return places.map((place) => ({
    x: place.at,
    xanchor: "left",
    xshift: 10,
    y: place.value,
    yanchor: "middle",
    yshift: place.wish - place.at_px,
    showarrow: false,
    align: "left",
    text: `<span style="color:${colour(place.colour)}">${place.sign}</span> ${literal(shortened(place.name))}`,
    font: { color: colour("@text") },
  }));
}

function shortened(name) {
  return name.length > 28 ? `${name.slice(0, 27)}…` : name;
}

function literal(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
