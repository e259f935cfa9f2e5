// The keyboard map: single letters that follow links marked data-key, "g" then a letter for places, "/" for the search box.
// Nothing happens while typing, with a modifier held, or when the person switched single letters off (cookie keys=off).

const WAIT = 1000;
let pending = 0;

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return save(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (document.cookie.includes("keys=off") || document.querySelector("dialog[open]")) return;
    const place = Date.now() - pending < WAIT && document.querySelector(`[data-place-key="${CSS.escape(event.key)}"]`);
    if (place) {
      event.preventDefault();
      place.click();
    } else if (event.key === "?") {
      event.preventDefault();
      document.getElementById("keys")?.showModal();
    } else if (event.key === "g") {
      pending = Date.now();
    } else if (event.key === "/") {
      const search = document.querySelector("main input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else {
      const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (marked) { event.preventDefault(); marked.click(); }
    }
  });
}

function isTyping(element) {
  return element.isContentEditable || element.matches?.("input, textarea, select, [role=textbox], [role=combobox]");
}

function save(event) {
  const form = event.target.closest?.("form");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("[data-save]");
  // Another button of the form that had the focus would speak for it (htmx sends the one that was used last).
  button?.focus({ preventScroll: true });
  form.requestSubmit(button ?? undefined);
}
