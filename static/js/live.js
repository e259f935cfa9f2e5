// The live page: asks for what is new every two seconds, not while the tab is hidden, slower after failures, and never moves
// what somebody is reading: while a list has the focus, a selection or the pointer, new rows wait behind a button.
import "./age.js";
import { ask, inUse } from "./parts.js";

const live = document.querySelector("[data-live]");
const MOST = 50;
let [paused, timer, slower, silent, asking] = [false, 0, 1];

if (live) {
  const button = document.querySelector("[data-live-pause]");
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? button.dataset.resume : button.dataset.pause;
    schedule(0);
  });
  document.addEventListener("visibilitychange", () => schedule(0));
  document.addEventListener("click", (event) => {
    const wanted = event.target.closest?.("[data-live-new]");
    if (!wanted) return;
    release(wanted.dataset.liveNew);
    rowsOf(wanted.dataset.liveNew).scrollTop = 0;
    // The button goes away; in the list itself the focus would hold up the rows to come.
    wanted.parentElement.querySelector("h2").focus();
  });
  schedule(1);
}

function schedule(turns) {
  clearTimeout(timer);
  document.body.classList.toggle("is-live", !paused && !document.hidden && slower === 1);
  if (!paused && !document.hidden) timer = setTimeout(look, turns * slower * Number(live.dataset.seconds) * 1000);
}

async function look() {
  const note = document.querySelector("[data-live-failed]");
  let told;
  // One that is under way would bring the same rows once more.
  asking?.abort();
  const { signal } = (asking = new AbortController());
  try {
    const answer = await ask(`${live.dataset.live}?since=${encodeURIComponent(live.dataset.cursor)}`, 1, signal);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const feed = page.querySelector("[data-feed]");
    told = page.querySelector("[data-failed]");
    if (!answer.ok || !feed) throw new Error(String(answer.status));
    take(feed);
    slower = 1;
  } catch {
    if (signal.aborted) return;
    slower = Math.min(slower * 2, 16);
    // What the service said itself, with its ids; the note's own words where nothing came. Ids that somebody looks at stay.
    const words = note.lastElementChild;
    silent ??= [...words.childNodes];
    if (note.hidden || !words.querySelector("details[open]")) words.replaceChildren(...(told?.childNodes ?? silent));
  }
  note.hidden = slower === 1;
  schedule(1);
}

function take(feed) {
  live.dataset.cursor = feed.dataset.cursor;
  live.querySelector("[data-live-active]").textContent = feed.dataset.active;
  document.querySelector("[data-live-age] time").replaceWith(feed.querySelector("time[data-age]"));
  for (const fresh of feed.querySelectorAll("[data-live-rows]")) {
    const list = rowsOf(fresh.dataset.liveRows);
    // Sessions and near misses are a state, not a stream: the list is of now.
    if ("liveState" in fresh.dataset) { if (!isRead(list)) list.replaceChildren(...fresh.children); continue; }
    const waiting = (list.waiting ??= document.createDocumentFragment());
    waiting.prepend(...fresh.children);
    if (!isRead(list)) release(fresh.dataset.liveRows);
    else tell(fresh.dataset.liveRows);
  }
}

function rowsOf(kind) {
  return live.querySelector(`[data-live-rows="${kind}"]`);
}

function isRead(list) {
  return inUse(list) || list.matches(":hover") || list.scrollTop > 0;
}

function tell(kind) {
  const count = rowsOf(kind).waiting.children.length;
  const button = live.querySelector(`[data-live-new="${kind}"]`);
  button.hidden = !count;
  button.textContent = button.dataset.words.replace("%d", count);
}

function release(kind) {
  const list = rowsOf(kind);
  if (list.waiting) list.prepend(list.waiting);
  while (list.children.length > MOST) list.lastElementChild.remove();
  tell(kind);
}
