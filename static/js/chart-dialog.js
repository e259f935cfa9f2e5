// What can be done with a point: the server's own page for it, in a dialog.
import { ask } from "./parts.js";

export async function open(address, opener) {
  const answer = await ask(address);
  if (!answer.ok || answer.redirected) { location.assign(address); return; }
  const dialog = document.createElement("dialog");
  dialog.className = "dialog point-dialog";
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  dialog.append(...parsed.body.childNodes);
  document.body.append(dialog);
  dialog.addEventListener("close", () => { dialog.remove(); if (opener.isConnected) opener.focus(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("[data-close]")) dialog.close(); });
  dialog.showModal();
}
