// The list of segments: keys e p for rows (j k are in keys.js), the panel beside it, the same scroll position on the way back, and an
// undo that lasts 10 s.

import "./age.js";
import { placeCells } from "./cells.js";
import { isCommand } from "./keys.js";
import { ask } from "./parts.js";
import { countDown } from "./retry.js";

const SCROLLED = "segments-scrolled";

loadActivity();
document.addEventListener("htmx:afterSettle", loadActivity);
restoreScroll();
addEventListener("pagehide", () => sessionStorage.setItem(SCROLLED, String(scrollY)));

markShown();
// Not after the swap: until it settles, the panel has the attributes of the one before.
document.addEventListener("htmx:afterSettle", markShown);
document.addEventListener("htmx:historyRestore", markShown);

document.addEventListener("keydown", (event) => {
  // A menu or a dialog that was open took the key already.
  if (event.key === "Escape" && !event.defaultPrevented && !event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) {
    document.querySelector("[data-panel-close]")?.click();
  }
  if (!isCommand(event) || event.target.closest("details[open]")) return;
  const row = document.activeElement.closest(".list-table tbody tr");
  const link = { e: "/edit", p: "panel=" }[event.key];
  if (!row || !link) return;
  event.preventDefault();
  menuOf(row)?.querySelector(`.menu-row[href*="${link}"]`)?.click();
});

// Each row has a link to its panel where its menu will be, which is made when it is asked for: to draw the menus of all rows, of
// which few are ever opened, took a phone a tenth of the time in which the list opens.
function menuOf(row) {
  const place = row.querySelector(".row-actions > *");
  if (!place?.matches("a")) return place;
  const menu = document.getElementById("row-menu").content.firstElementChild.cloneNode(true);
  menu.querySelector("summary").ariaLabel = place.ariaLabel;
  for (const link of menu.querySelectorAll("a")) {
    if ("pending" in place.dataset && "settled" in link.dataset) link.remove();
    else link.href = link.getAttribute("href").replace("{id}", encodeURIComponent(row.id.slice(2)));
  }
  place.replaceWith(menu);
  return menu;
}

// A switch is told to htmx when it is pressed: to go through the switches of all rows took a phone a tenth of the time in which
// the list opens. Before the click arrives at it, so that htmx hears of this one already.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".list-table .switch:not([hx-post])");
  if (!button || !window.htmx) return;
  button.setAttribute("hx-post", button.getAttribute("formaction"));
  button.setAttribute("hx-target", "this");
  window.htmx.process(button);
}, true);

// One listener for all rows: attributes in each of 500 would weigh more than this.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('.list-table tbody .row-actions a[href*="panel="]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!link.matches(".menu-row")) {
    const menu = menuOf(link.closest("tr"));
    menu.open = true;
    menu.querySelector("summary").focus();
    return;
  }
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
  document.body.classList.toggle("has-panel", Boolean(document.querySelector("#panel.panel")));
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
  // The service asked to wait: the switch is sent again, on the version it was for, unless somebody cancels that.
  for (const wait of event.target.querySelectorAll?.("[data-countdown][hidden]") ?? []) {
    countDown(wait, wait.dataset.countdown, () => wait.closest("li").querySelector("[data-again]").click());
  }
});

// After the table, so that it never waits for the numbers.
async function loadActivity() {
  const loader = document.getElementById("activity-loader");
  if (!loader) return;
  loader.remove();
  try {
    const answer = await ask(loader.dataset.from, 1);
    if (!answer.ok) throw new Error(String(answer.status));
    await placeCells(await answer.text());
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
