// Menus are <details>: they work without this. Here they close on Escape, on a click elsewhere and when another opens,
// and arrow keys walk through them. Also the copy and dismiss buttons.
import { announce } from "./focus.js";

const OPEN = "details[data-menu][open]";

export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(OPEN)) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) copyFrom(copy);
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest("li, .banner").remove();
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.activeElement?.closest(OPEN) ?? document.querySelector(OPEN);
    if (!menu) return;
    if (event.key === "Escape") {
      event.preventDefault();
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      walk(event, menu, event.key === "ArrowDown" ? 1 : -1);
    }
  });
}

function walk(event, menu, step) {
  if (event.target.matches("input, select, textarea")) return;
  const rows = [...menu.querySelectorAll(".menu-row:not(:disabled)")];
  if (!rows.length) return;
  event.preventDefault();
  const next = rows.indexOf(document.activeElement) + step;
  rows[(next + rows.length) % rows.length].focus();
}

async function copyFrom(button) {
  const source = button.dataset.copyText ?? document.querySelector(button.dataset.copy)?.textContent ?? "";
  const words = document.getElementById("live").dataset;
  try {
    await navigator.clipboard.writeText(source);
    announce(words.copied);
    mark(button, words.copied);
  } catch {
    announce(words.refused);
  }
}

function mark(button, word) {
  const before = [...button.childNodes];
  button.replaceChildren(word);
  setTimeout(() => button.replaceChildren(...before), 1500);
}
