// Forms with data-guard: leaving with unsaved changes asks once, the save bar says whether something differs.
// Every form: a second submit while the first is on its way is ignored; HTMX hears it first.

const SENT = ":enabled:is(select, textarea, :checked, input:not([type=checkbox], [type=radio]))";
const states = new WeakMap();
let leaving = false;

export function startForms() {
  look();
  document.addEventListener("input", (event) => update(event.target.closest("form[data-guard]")));
  document.addEventListener("change", (event) => update(event.target.closest("form[data-guard]")));
  // One answer may settle thirty cells: looked at once, after the last.
  let soon = null;
  document.addEventListener("htmx:afterSettle", () => {
    soon ??= Promise.resolve().then(() => { soon = null; look(); });
  });
  document.addEventListener("submit", once);
  // A save through HTMX is answered with the address to go to: that is no leaving.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) leaving = true;
  });
  addEventListener("pageshow", reset);
  addEventListener("beforeunload", (event) => {
    if (!leaving && [...document.querySelectorAll("form[data-guard]")].some(isChanged)) event.preventDefault();
  });
}

// What was loaded is remembered, unless the server says that the form differs from it already.
function look() {
  for (const form of document.querySelectorAll("form[data-guard]")) {
    if (!states.has(form)) states.set(form, form.hasAttribute("data-changed") ? null : written(form));
    update(form);
  }
}

// A choice of view or a note beside the form is no unsaved change.
export const written = (form) => String(filled(form, ":not([data-unguarded], [name=csrfmiddlewaretoken])"));

// What a form sends; none of ours lets several be chosen in a select. FormData would have the page laid out first, for textareas.
export function filled(form, wanted = "") {
  const found = new URLSearchParams();
  for (const field of form.elements) if (field.name && field.matches(SENT + wanted)) found.append(field.name, field.value);
  return found;
}

function isChanged(form) {
  return states.get(form) !== written(form);
}

function update(form) {
  if (!form) return;
  const changed = isChanged(form);
  const note = form.querySelector("[data-save-note]");
  if (note) {
    note.classList.toggle("is-changed", changed);
    const words = note.dataset[changed ? "changedText" : "sameText"];
    if (note.textContent !== words) note.textContent = words;
  }
  for (const button of form.querySelectorAll("[data-save]")) button.setAttribute("aria-disabled", !changed);
}

function once(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = leaving = true;
}

function reset() {
  leaving = false;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
}
