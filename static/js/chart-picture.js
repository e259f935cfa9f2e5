// A picture of the answer: its sentence, range, zone, filter and time of data above the figures, as SVG or PNG.
// Plotly's own PNG goes through a blob: address, which our policy does not allow for images; a data: address it does.
import { figures } from "./chart-figures.js";
import { announce } from "./focus.js";
import { colour, filled, font } from "./chart-theme.js";
import { textWidth } from "./chart-layout.js";

const EDGE = 24;
const LINE = 18;

export async function take(button) {
  button.closest("details")?.removeAttribute("open");
  const answer = button.closest("[data-answer]");
  const name = answer.querySelector('a[href*="answer.csv"]')?.dataset.name ?? "chart";
  const picture = await compose(answer);
  const kind = button.dataset.picture;
  save(kind === "svg" ? new Blob([picture.text], { type: "image/svg+xml" }) : await raster(picture), `${name}.${kind}`);
  announce(button.dataset.done ?? "");
}

// As text, never parsed here: a parsed style attribute would be an inline style of this page.
async function compose(answer) {
  const plots = [...answer.querySelectorAll("[data-figure]")].filter((plot) => figures.has(plot));
  const width = Math.max(...plots.map((plot) => plot.clientWidth)) + 2 * EDGE;
  const parts = [await fontFace(), element("rect", { width: "100%", height: "100%", fill: colour("@canvas") })];
  let y = EDGE + 18;
  for (const line of wrapped(answer.querySelector(".answer-sentence").textContent, 20, width)) {
    parts.push(text(line, EDGE, y, 20, 600, "@text"));
    y += 26;
  }
  for (const line of wrapped(facts(answer), 12, width)) {
    parts.push(text(line, EDGE, y, 12, 400, "@text-quiet"));
    y += LINE;
  }
  for (const plot of plots) {
    const title = plots.length > 1 ? plot.closest(".panel").querySelector("figcaption")?.textContent : "";
    if (title) { y += LINE; parts.push(text(title, EDGE, y, 12, 500, "@text")); }
    const { figure, layout } = figures.get(plot);
    const address = await window.Plotly.toImage({ data: filled(figure.data), layout: filled(layout), config: { staticPlot: true } }, { format: "svg", width: layout.width, height: layout.height });
    const drawn = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    parts.push(drawn.replace("<svg", `<svg x="${EDGE}" y="${y}"`));
    y += layout.height;
    for (const line of legend(plot)) { parts.push(line(y + 4)); y += LINE; }
  }
  const height = Math.ceil(y + EDGE);
  const content = element("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` }, parts.join(""));
  return { text: content, width, height };
}

// The page's own type travels with the picture.
async function fontFace() {
  const link = document.querySelector("link[rel=preload][as=font]");
  if (!link) return "";
  const bytes = new Uint8Array(await (await fetch(link.href)).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `<style>@font-face { font-family: "Inter"; font-weight: 100 900; src: url("data:font/woff2;base64,${btoa(binary)}") format("woff2"); }</style>`;
}

// The line under the sentence on the page, and when the data were read.
function facts(answer) {
  const parts = [...answer.querySelectorAll(".answer-meta > span:not(.age)")].map((part) => part.textContent.trim());
  const at = answer.querySelector("time[data-age]")?.title;
  return [...parts, at].filter(Boolean).join("  ·  ");
}

// Series are named below where the lines' ends do not carry their names.
function legend(plot) {
  const panel = plot.closest(".panel");
  if (panel.classList.contains("is-labelled")) return [];
  const entries = [...panel.querySelectorAll(".legend-entry")];
  const rows = [];
  let [row, x] = [[], EDGE];
  for (const entry of entries) {
    const mark = entry.querySelector("svg");
    const name = entry.querySelector(".legend-name").textContent;
    const wide = 20 + textWidth(name) + 16;
    if (x + wide > plot.clientWidth && row.length) { rows.push(row); [row, x] = [[], EDGE]; }
    row.push({ x, name, path: mark.firstElementChild.getAttribute("d"), fill: mark.firstElementChild.getAttribute("fill") });
    x += wide;
  }
  if (row.length) rows.push(row);
  return rows.map((parts) => (y) => parts.map((part) => element("path", { d: part.path, fill: part.fill, transform: `translate(${part.x} ${y})` }) + text(part.name, part.x + 18, y + 9, 12, 400, "@text")).join(""));
}

function wrapped(words, size, width) {
  const lines = [""];
  for (const word of words.trim().split(/ +/)) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (textWidth(longer, size) > width - 2 * EDGE && lines[lines.length - 1]) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function element(name, attributes, content = "") {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return `<${name}${pairs.join("")}>${content}</${name}>`;
}

function escaped(value) {
  return String(value).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function text(content, x, y, size, weight, token) {
  return element("text", { x, y, "font-size": size, "font-weight": weight, fill: colour(token), "font-family": font().family }, escaped(content));
}

function raster({ text: source, width, height }) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width * 2, height * 2];
      const context = canvas.getContext("2d");
      context.scale(2, 2);
      context.drawImage(image, 0, 0, width, height);
      canvas.toBlob(done, "image/png");
    });
    image.addEventListener("error", failed);
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  });
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
