// The list of segments: keys j k Enter e p for rows, the panel beside it, the same scroll position on the way back, and an
// undo that lasts 10 s.

import { placeCells } from "./cells.js";

const SCROLLED = "segments-scrolled";

loadActivity();
document.addEventListener("htmx:afterSettle", loadActivity);
restoreScroll();
addEventListener("pagehide", () => sessionStorage.setItem(SCROLLED, String(scrollY)));

markShown();
document.addEventListener("htmx:afterSwap", markShown);

document.addEventListener("keydown", (event) => {
  // A menu or a dialog that was open took the key already.
  if (event.key === "Escape" && !event.defaultPrevented && !event.target.closest("input, textarea, select, dialog")) {
    document.querySelector("[data-panel-close]")?.click();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.cookie.includes("keys=off")) return;
  if (event.target.closest("input, textarea, select, dialog, details[open]")) return;
  const rows = [...document.querySelectorAll(".list-table tbody tr")];
  const here = rows.indexOf(document.activeElement.closest?.("tr"));
  if (event.key === "j" || event.key === "k") {
    // The panel's own links have these keys while it is open.
    if (shownRow()) return;
    const next = event.key === "j" ? here + 1 : Math.max(0, here - 1);
    rows[Math.min(next, rows.length - 1)]?.querySelector(".row-link").focus();
  } else if (event.key === "e" && here >= 0) {
    rows[here].querySelector('.menu-row[href*="/edit"]')?.click();
  } else if (event.key === "p" && here >= 0) {
    rows[here].querySelector('.menu-row[href*="panel="]').click();
  } else {
    return;
  }
  event.preventDefault();
});

// One listener for all rows: attributes in each of 500 would weigh more than this.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('.list-table .menu-row[href*="panel="]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("details").open = false;
  window.htmx.ajax("GET", link.href, { source: link, target: "#panel", swap: "outerHTML" });
});

function shownRow() {
  return document.getElementById(document.getElementById("panel")?.dataset.of ?? "");
}

// Which row the panel is about, for the eye; the panel itself says its name.
function markShown() {
  for (const row of document.querySelectorAll(".list-table .is-shown")) row.classList.remove("is-shown");
  shownRow()?.classList.add("is-shown");
}

// The filters that the form carries along follow those that were chosen since.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const form = document.querySelector(".list-search");
  if (!form) return;
  const asked = new URLSearchParams(location.search);
  for (const field of form.querySelectorAll("[data-asked]")) field.remove();
  for (const [name, value] of asked) {
    if (name === "q" || name === "panel") continue;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    field.dataset.asked = "";
    form.append(field);
  }
});

document.addEventListener("htmx:oobAfterSwap", (event) => {
  for (const button of event.target.querySelectorAll?.("[data-lasts]") ?? []) {
    setTimeout(() => button.remove(), Number(button.dataset.lasts) * 1000);
  }
});

// After the table, so that it never waits for the numbers.
async function loadActivity() {
  const loader = document.getElementById("activity-loader");
  if (!loader) return;
  loader.remove();
  try {
    const answer = await fetch(loader.dataset.from, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    placeCells(await answer.text());
  } catch {
    // The column stays empty; the table is complete without it.
    for (const cell of document.querySelectorAll(".col-activity .skeleton")) cell.replaceWith("–");
  }
}

function restoreScroll() {
  // Only where the server put the focus on a row: a fresh visit starts at the top.
  const wanted = document.querySelector(".list-table [data-focus]");
  if (!wanted) return;
  scrollTo(0, Number(sessionStorage.getItem(SCROLLED) ?? 0));
  wanted.focus({ preventScroll: true });
  const box = wanted.getBoundingClientRect();
  if (box.top < 60 || box.bottom > innerHeight - 60) wanted.scrollIntoView({ block: "center" });
}
