// The analytics page: links between questions swap instead of loading, Escape and Cancel stop waiting, "t" then a letter
// moves in time. Dashboards do without.
import { isCommand } from "./keys.js";

const LINK = 'a[href*="/analytics/?"], a[href*="/analytics/step?"]';
const CHORD = 1000;
let chord = 0;
let running;

export function startPage() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(LINK);
    if (link?.closest("#analytics, .point-dialog") && plain(event) && !link.hasAttribute("hx-get")) {
      event.preventDefault();
      link.closest("dialog")?.close();
      go(link.href);
    }
    if (event.target.closest?.("[data-cancel]")) cancel();
  });
  document.addEventListener("goto", (event) => go(event.detail));
  document.addEventListener("keydown", keys);
  document.addEventListener("htmx:beforeSend", (event) => waiting(event, true));
  document.addEventListener("htmx:afterRequest", (event) => waiting(event, false));
}

function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function go(address) {
  running?.abort();
  window.htmx.ajax("GET", address, { source: "#answer", target: "#analytics", swap: "innerHTML" });
}

function cancel() {
  if (!running) return false;
  running.abort();
  return true;
}

// While an answer is on its way the old one stays, dimmed, and waiting can be stopped.
function waiting(event, busy) {
  if (event.detail.target?.id !== "analytics") return;
  running = busy ? event.detail.xhr : undefined;
  const button = document.querySelector("[data-cancel]");
  if (button) button.hidden = !busy;
  document.getElementById("answer")?.setAttribute("aria-busy", String(busy));
}

function keys(event) {
  if (event.key === "Escape" && cancel()) { event.preventDefault(); return; }
  if (!isCommand(event)) return;
  if (Date.now() - chord < CHORD) {
    const link = document.querySelector(`[data-chord="${CSS.escape(event.key)}"][href]`);
    if (link) { event.preventDefault(); event.stopImmediatePropagation(); chord = 0; link.click(); return; }
  }
  if (event.key === "t") chord = Date.now();
}
