// Rows that can be chosen, in whatever list: x chooses the one that has the focus, Shift x and a click with Shift all from the last
// one up to here. The box of the last one says so by its event, once for all. e opens a row whose page is a form (what can be done
// with a segment is in its menu: segment-list.js).
import { isCommand } from "./keys.js";

const BOX = ".col-choose input[type=checkbox]";
let last;

document.addEventListener("click", (event) => {
  const box = event.target.closest?.(`main tbody ${BOX}`);
  if (box) choose(box, event.shiftKey);
});

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if ((key !== "x" && key !== "e") || !isCommand(event) || event.target.closest("details[open]")) return;
  const row = document.activeElement.closest("main tbody tr");
  if (key === "e") {
    row?.querySelector(".name-link")?.click();
    return;
  }
  const box = row?.querySelector(BOX);
  if (!box) return;
  event.preventDefault();
  box.checked = event.shiftKey || !box.checked;
  choose(box, event.shiftKey);
  box.dispatchEvent(new Event("change", { bubbles: true }));
});

function choose(box, range) {
  const boxes = [...box.closest("tbody").querySelectorAll(BOX)];
  const [here, from] = [boxes.indexOf(box), boxes.indexOf(last)];
  if (range && from >= 0) for (const one of boxes.slice(Math.min(from, here), Math.max(from, here) + 1)) one.checked = box.checked;
  last = box;
}
