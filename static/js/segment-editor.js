// The segment editor. Rows are added, moved and removed by the server; here are chips, the key picker, counters, colours,
// Alt ↑ ↓, and that nothing typed while a request is on its way is lost.
import { startAudience } from "./audience.js";
import { enhanceValues } from "./chips.js";
import { announce } from "./focus.js";
import { written } from "./forms.js";
import { enhanceKeys } from "./key-picker.js";
import { countDown } from "./retry.js";
import { startSuggestions } from "./suggest.js";

const form = () => document.getElementById("segment-form");
const sent = new WeakMap();
let heading = false;

// A task of its own: the page is there, and HTMX and the browser look through it as it came.
setTimeout(() => {
  enhance(document.body);
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  const { suggest } = document.getElementById("editor-words").dataset;
  if (suggest) startSuggestions(suggest);
  startAudience();
});

function enhance(root) {
  enhanceKeys(root);
  enhanceValues(root);
  for (const choice of root.querySelectorAll(".colour-choice")) choice.hidden = false;
  for (const counter of root.querySelectorAll("[data-counter-for]")) count(counter);
  const wait = root.querySelector("[data-countdown][hidden]");
  if (wait) saveAfter(wait);
}

// The service asked to wait: the seconds run down, then a save is sent again once; a create waits for the person. Typing on, or
// another row, leaves it to them too: nothing half typed is saved.
function saveAfter(wait) {
  const save = () => form().querySelector("[data-save]");
  countDown(wait, wait.dataset.countdown, () => {
    wait.hidden = true;
    if ("repeats" in wait.dataset) form().requestSubmit(save());
  });
  wait.querySelector("button")?.addEventListener("click", () => save().focus());
  for (const name of ["input", "change", "rows-changed"]) document.addEventListener(name, () => wait.remove(), { once: true });
}

// A changed key or operator asks the server what fits it now.
document.addEventListener("change", (event) => {
  if (event.target.matches(".key-select, .operator-select, .attribute-name")) fit(event.target);
});

function fit(field) {
  const row = field.closest(".criterion");
  htmx.ajax("POST", form().getAttribute("action"), { source: field, target: `#rest-${row.id}`, swap: "outerHTML", values: { row: `fit:${row.id}` } });
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { target, xhr } = event.detail;
  if (target.matches("#conditions, .criterion-rest")) sent.set(xhr, written(form()));
  if (target.id === "editor") waiting(true);
});

// Typed on while the answer was on its way: ask again with what is there now, rather than swapping it away.
document.addEventListener("htmx:beforeSwap", (event) => {
  const before = sent.get(event.detail.xhr);
  if (before === undefined || before === written(form())) return;
  event.detail.shouldSwap = false;
  const { elt } = event.detail.requestConfig;
  // Once this request has ended: one at a time goes through the form.
  setTimeout(() => (elt.matches("button") ? elt.click() : fit(elt)));
});

// An answer that is not the form (an error page, a refusal) never takes the form's place: its message stands above it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse, xhr } = event.detail;
  if (target.matches("#beside, #tried") && xhr.status >= 400) event.detail.shouldSwap = false;
  if (!target.matches("#editor, #conditions, .criterion-rest") || xhr.getResponseHeader("HX-Redirect")) return;
  if (serverResponse.includes(`id="${target.id}"`)) {
    if (target.id === "editor") forgetSentence();
    return;
  }
  event.detail.shouldSwap = false;
  complain(new DOMParser().parseFromString(serverResponse, "text/html").querySelector(".banner-danger"));
});

// The sentence of a form that is replaced has no place any more: neither the one asked for nor the one that waits behind it.
function forgetSentence() {
  const beside = document.getElementById("beside");
  for (let left = beside ? 2 : 0; left > 0; left -= 1) htmx.trigger(beside, "htmx:abort");
}

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.target?.matches("#editor, #conditions, .criterion-rest")) complain(null);
  });
}

// Nothing is typed into, or pressed twice in, a form that is about to be replaced: this one, or the conflict page's.
function waiting(is) {
  const asking = document.querySelector("#editor form");
  if (asking) asking.inert = is;
}

function complain(told) {
  document.getElementById("no-answer-shown")?.remove();
  const banner = told ?? document.getElementById("no-answer").content.firstElementChild.cloneNode(true);
  banner.id = "no-answer-shown";
  banner.tabIndex = -1;
  document.getElementById("editor").prepend(banner);
  banner.focus();
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.target?.id === "editor" && event.detail.successful) document.getElementById("no-answer-shown")?.remove();
  if (event.detail.target?.id === "editor" && !event.detail.xhr.getResponseHeader("HX-Redirect")) waiting(false);
});

// Off until something differs: the button says so and does nothing.
document.addEventListener("submit", (event) => {
  if (event.target !== form() || event.submitter?.getAttribute("aria-disabled") !== "true") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  announce(document.getElementById("editor-words").dataset.same);
}, true);

document.addEventListener("keydown", (event) => {
  const here = event.target;
  if (!here.closest?.("#segment-form")) return;
  // Enter in a field is for the field; Ctrl+Enter saves.
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && here.matches("input:not([type=checkbox], [type=radio])")) event.preventDefault();
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && here.matches("[data-movable]")) {
    event.preventDefault();
    const verb = event.key === "ArrowUp" ? "up" : "down";
    const button = here.closest(".pattern").querySelector(`.card-head button[value^="${verb}:"]`);
    if (!button || button.disabled) return;
    heading = true;
    button.click();
  }
});

// What was offered to begin with has had its time once something was tried.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "editor") for (const offer of document.querySelectorAll("[data-offer]")) offer.remove();
});

// What a try came to may lie below what can be seen.
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "tried") event.target.scrollIntoView({ block: "nearest" }); });

document.addEventListener("htmx:afterSettle", (event) => {
  if (!heading || event.target.id !== "conditions") return;
  heading = false;
  document.activeElement.closest(".pattern")?.querySelector("[data-movable]").focus();
});

document.addEventListener("click", (event) => {
  const choice = event.target.closest(".colour-choice");
  if (choice) {
    const field = document.getElementById("id_color");
    field.value = choice.dataset.colour;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const link = event.target.closest("[data-to-field]");
  if (link) {
    event.preventDefault();
    toField(decodeURIComponent(link.hash.slice(1)));
  }
});

// A number is replaced by typing, not typed on to.
document.addEventListener("focusin", (event) => { if (event.target.matches(".step-count")) event.target.select(); });

document.addEventListener("input", (event) => {
  if (event.target.id === "id_color") {
    for (const choice of document.querySelectorAll(".colour-choice")) choice.setAttribute("aria-pressed", String(choice.dataset.colour.toLowerCase() === event.target.value.trim().toLowerCase()));
  }
  const counter = document.querySelector(`[data-counter-for="${CSS.escape(event.target.id || "-")}"]`);
  if (counter) count(counter);
});

function toField(id) {
  const field = document.getElementById(id);
  if (!field) return;
  field.closest("details:not([open])")?.setAttribute("open", "");
  (field.picker ?? field.chips?.input ?? field).focus();
}

function count(counter) {
  const field = document.getElementById(counter.dataset.counterFor);
  const most = Number(field?.dataset.count);
  if (!most) return;
  const used = [...field.value].length;
  counter.textContent = used > most * 0.6 ? `${used} / ${most}` : "";
  counter.classList.toggle("is-over", used > most);
}
