// The analytics page: links between questions swap instead of loading, Escape and Cancel stop waiting, and the focus is where
// one goes on. Dashboards do without.
import { announce } from "./focus.js";

const LINK = 'a[href*="/analytics/?"], a[href*="/analytics/step?"]';
let running;
let next = [];

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
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && cancel()) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSend", (event) => waiting(event, true));
  document.addEventListener("htmx:afterRequest", (event) => waiting(event, false));
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    // A menu may have closed under the focus meanwhile: then it is as when the question was sent.
    if (detail.target?.id === "analytics" && document.activeElement !== document.body) next = goesOn(document.activeElement);
  });
  document.addEventListener("htmx:afterSettle", settle);
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
  // It goes away with the waiting, and Run is where it was. Where an error took the place of the page there is none.
  const button = document.querySelector("[data-cancel]");
  if (button && button === document.activeElement) button.nextElementSibling.focus();
  announce(button?.dataset.done ?? "");
  running.abort();
  return true;
}

// While an answer is on its way the old one stays, dimmed, and waiting can be stopped.
function waiting({ detail }, busy) {
  if (detail.target?.id !== "analytics") return;
  // A newer question ends the older one, whatever asked it.
  if (busy) running?.abort();
  else if (running !== detail.xhr) return;
  running = busy ? detail.xhr : undefined;
  if (busy) next = goesOn(document.activeElement);
  const button = document.querySelector("[data-cancel]");
  if (button) button.hidden = !busy;
  document.getElementById("answer")?.setAttribute("aria-busy", String(busy));
}

// Where one goes on after a swap, the first that is there: the same part, the menu it stood in, the chart that was walked, the
// answer, or why there is none.
function goesOn(held) {
  if (!held?.closest("#analytics")) return [];
  const named = [held, held.closest(".part")?.firstElementChild].filter((one) => one?.id).map((one) => `#${one.id}`);
  return [...named, ...(held.matches(".plot") ? ["#answer .plot"] : []), "#answer-sentence", "#answer [tabindex]"];
}

function settle({ detail }) {
  if (detail.target?.id !== "analytics") return;
  for (const place of next) {
    if (document.activeElement !== document.body) break;
    document.querySelector(place)?.focus();
  }
  next = [];
}
