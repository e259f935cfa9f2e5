// Colours of figures are tokens: "@chart-1", "@text", "@#light|#dark", each with "/0.4" for transparency. Here they become
// what the page's stylesheet says in its present theme.
let probe;
let cache = new Map();

export function forgetColours() {
  cache = new Map();
}

export function colour(token) {
  if (!cache.has(token)) cache.set(token, worked(token));
  return cache.get(token);
}

function worked(token) {
  const [name, alpha] = token.slice(1).split("/");
  const found = name.startsWith("#") ? name.split("|")[isDark() ? 1 : 0] : computed(`var(--${name})`);
  return alpha === undefined ? found : withAlpha(found, alpha);
}

export function isDark() {
  return computed("light-dark(#000000, #ffffff)") === "rgb(255, 255, 255)";
}

function computed(value) {
  if (!probe?.isConnected) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = value;
  return getComputedStyle(probe).color;
}

function withAlpha(found, alpha) {
  const parts = found.startsWith("#")
    ? [1, 3, 5].map((at) => parseInt(found.slice(at, at + 2), 16))
    : found.match(/[\d.]+/g).slice(0, 3);
  return `rgba(${parts.join(", ")}, ${alpha})`;
}

// The figure with every token filled in; the figure itself stays as it came. `meta` is ours and stays as it is.
export function filled(value) {
  if (typeof value === "string") return value.startsWith("@") ? colour(value) : value;
  if (Array.isArray(value)) return isNumbers(value) ? value : value.map(filled);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, key === "meta" ? part : filled(part)]));
}

function isNumbers(list) {
  return typeof list[0] === "number" && typeof list[list.length - 1] === "number";
}

export function font(size = 12) {
  const style = getComputedStyle(document.body);
  return { family: style.fontFamily, size };
}
