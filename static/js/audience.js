// The audience beside the form: counted again 400 ms after each change. A newer count ends the older, here and at the
// server, which knows both by the form's mark; the last number stays, greyed, until there is a newer one.
import { filled } from "./forms.js";

const WAIT = 400;
let running = null;
let timer = 0;

export function startAudience() {
  if (!panel()) return;
  const later = (event) => {
    if (!event.target.closest?.("#segment-form") || event.target.name?.startsWith("try_") || event.target.name === "reason") return;
    clearTimeout(timer);
    timer = setTimeout(() => count(), WAIT);
    outdated();
  };
  document.addEventListener("input", later);
  document.addEventListener("change", later);
  document.body.addEventListener("rows-changed", () => { count(); outdated(); });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "editor" || event.target.querySelector?.("#audience")) count(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-count-stop]")) stop();
    if (event.target.closest("[data-count-estimate]")) count("estimate");
    if (event.target.closest("[data-count-again]")) count();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && running && !event.defaultPrevented) stop(); });
  count();
}

const panel = () => document.getElementById("audience");

// An overlap that was counted is of what was typed then.
function outdated() {
  document.getElementById("overlap")?.classList.add("is-old");
}

function body(row) {
  const data = filled(document.getElementById("segment-form"));
  data.set("row", row);
  return data;
}

async function count(mode = "") {
  clearTimeout(timer);
  running?.abort();
  const form = document.getElementById("segment-form");
  if (!panel() || !form) return;
  const here = new AbortController();
  running = here;
  panel().classList.add("is-counting");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: body(`audience:${mode}`), signal: here.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok) notCounted();
    // A sign-in that ended says so by a header, and the form is kept at the server; saving leads there.
    if (!answer.ok || answer.headers.has("HX-Redirect") || answer.status === 204) return;
    const text = await answer.text();
    if (running !== here || !panel()) return;
    const open = [...panel().querySelectorAll("details")].map((details) => details.open);
    const again = document.activeElement?.matches("[data-count-again]");
    panel().innerHTML = text;
    if (again) panel().querySelector("[data-count-again], [data-count-estimate], select")?.focus();
    panel().querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
    htmx.process(panel());
  } catch {
    // Ended by a newer count or by Cancel, which say what follows; or the dashboard is away.
    if (!here.signal.aborted) notCounted();
  } finally {
    if (running === here) {
      running = null;
      panel()?.classList.remove("is-counting");
    }
  }
}

// Where there is no number yet nothing may go on saying that it comes.
function notCounted() {
  const waiting = panel()?.querySelector("[data-not-counted]");
  if (waiting) waiting.textContent = waiting.dataset.notCounted;
}

function stop() {
  clearTimeout(timer);
  running?.abort();
  running = null;
  panel().classList.remove("is-counting");
  notCounted();
  const form = document.getElementById("segment-form");
  fetch(form.getAttribute("action"), { method: "POST", body: body("stop"), headers: { "HX-Request": "true" } }).catch(() => {});
}
