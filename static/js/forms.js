// Forms with data-guard: leaving with unsaved changes asks once, the save bar says whether something differs.
// Every form: a second submit while the first is on its way is ignored.
// HTMX listens on the form, this on document, so it hears a submit only after HTMX took it.

const UNSENT = ["submit", "button", "reset", "image", "file"];
const states = new WeakMap();
let leaving = false;

export function startForms() {
  for (const form of document.querySelectorAll("form[data-guard]")) {
    remember(form);
    update(form);
  }
  document.addEventListener("input", (event) => update(event.target.closest("form[data-guard]")));
  document.addEventListener("change", (event) => update(event.target.closest("form[data-guard]")));
  // One answer may put thirty cells in their places, each with an event of its own: looked at once, after the last.
  let settled = false;
  document.addEventListener("htmx:afterSettle", () => {
    if (settled) return;
    settled = true;
    queueMicrotask(() => {
      settled = false;
      for (const form of document.querySelectorAll("form[data-guard]")) {
        if (!states.has(form)) remember(form);
        update(form);
      }
    });
  });
  document.addEventListener("submit", once);
  // A save through HTMX is answered with the address to go to: that is no leaving with unsaved changes.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) leaving = true;
  });
  window.addEventListener("pageshow", reset);
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && [...document.querySelectorAll("form[data-guard]")].some(isChanged)) event.preventDefault();
  });
}

// What was loaded; after a round trip or an invalid save the server says that the form differs from it already.
function remember(form) {
  states.set(form, form.hasAttribute("data-changed") ? null : written(form));
}

// A choice of view or a note beside the form is no unsaved change.
export function written(form) {
  return String(filled(form, (field) => field.name !== "csrfmiddlewaretoken" && !("unguarded" in field.dataset)));
}

// What a form would send. Not by FormData: where there is a textarea it has the whole page laid out first.
export function filled(form, wanted = () => true) {
  const found = new URLSearchParams();
  for (const field of form.elements) {
    if (!field.name || UNSENT.includes(field.type) || field.matches(":disabled, :not(:checked):is([type=checkbox], [type=radio])") || !wanted(field)) continue;
    for (const { value } of field.selectedOptions ?? [field]) found.append(field.name, value);
  }
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
    const words = changed ? note.dataset.changedText ?? "Unsaved changes" : note.dataset.sameText ?? "No changes";
    if (note.textContent !== words) note.textContent = words;
  }
  for (const button of form.querySelectorAll("[data-save]")) button.setAttribute("aria-disabled", String(!changed));
}

function once(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  leaving = true;
}

function reset() {
  leaving = false;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
}
