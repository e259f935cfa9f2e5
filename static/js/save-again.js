// A save that the service asked to wait with: the seconds run down, then the form is sent once more as it stands. Cancel
// leaves it to the person, and so does typing on: nothing half typed is saved.
import { countDown } from "./retry.js";

const wait = document.querySelector("[data-countdown][hidden]");
if (wait) {
  const form = document.getElementById(wait.dataset.form);
  const save = form.querySelector("[data-save]");
  countDown(wait, wait.dataset.countdown, () => {
    wait.hidden = true;
    form.requestSubmit(save);
  });
  form.addEventListener("input", () => wait.remove(), { once: true });
  wait.querySelector("button").addEventListener("click", () => save.focus());
}
