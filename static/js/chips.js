// Values as chips. Behind them stays the textarea of one value a line: it is what is posted, and what works without this.
// Enter adds what is typed, Backspace in the empty box edits the last value, arrows walk through them, Delete removes one.
// A pasted column, row or list shows how many values it is and asks how to cut it; "one value" keeps its commas.
import { announce } from "./focus.js";

export const MOST = 100;
const SEPARATORS = [["\n", /\r\n|\n|\r/], ["\t", /\t/], [",", /,/], [";", /;/]];
let pressing = false;
for (const name of ["mousedown", "mouseup"]) addEventListener(name, () => { pressing = name === "mousedown"; }, true);
const ESCAPES = { "␛␛": "␛", "␛n": "\n", "␛r": "\r" };

export const decode = (line) => line.replace(/␛[␛nr]/g, (found) => ESCAPES[found]);
export const encode = (value) => value.replace(/␛/g, "␛␛").replace(/\n/g, "␛n").replace(/\r/g, "␛r");

export function enhanceValues(root) {
  for (const text of root.querySelectorAll("textarea[data-values]:not([hidden])")) new Chips(text);
}

class Chips {
  constructor(text) {
    this.text = text;
    this.words = document.getElementById("editor-words").dataset;
    this.values = text.value.split(/\r\n|\n|\r/).filter((line) => line.trim()).map(decode);
    this.at = this.values.length;
    this.box = Object.assign(document.createElement("div"), { className: "chips-box" });
    this.box.classList.toggle("is-invalid", text.getAttribute("aria-invalid") === "true");
    this.input = document.createElement("input");
    this.input.setAttribute("aria-label", this.words.value);
    this.input.setAttribute("aria-description", this.words.hint);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (text.hasAttribute(name)) this.input.setAttribute(name, text.getAttribute(name));
    }
    this.input.autocomplete = "off";
    this.input.spellcheck = false;
    this.input.dataset.suggest = text.dataset.key;
    this.input.dataset.side = text.dataset.side;
    this.input.chips = this;
    this.single = "single" in text.dataset && this.values.length < 2;
    if (this.single) this.input.value = this.values.pop() ?? "";
    text.hidden = true;
    text.chips = this;
    text.after(this.box);
    this.box.append(this.input);
    this.draw();
    this.box.addEventListener("click", (event) => this.clicked(event));
    // What is typed is taken by the click, not before: chips drawn anew in between would not get it.
    this.box.addEventListener("mousedown", (event) => { if (event.target.closest("button")) event.preventDefault(); });
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("input", (event) => { event.stopPropagation(); this.write(); });
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("paste", (event) => this.pasted(event));
    this.input.addEventListener("blur", () => {
      if (this.single) return;
      // A chip more may move what is being pressed, *Save* too: it would lose the click. What is typed is sent in any case.
      if (pressing) addEventListener("mouseup", () => setTimeout(() => this.take()), { once: true, capture: true });
      else this.take();
    });
    if (text.autofocus) this.input.focus();
  }

  draw() {
    for (const chip of this.box.querySelectorAll(".chip")) chip.remove();
    this.values.forEach((value, index) => {
      const chip = Object.assign(document.createElement("span"), { className: "chip chip-value" });
      const edit = Object.assign(document.createElement("button"), { type: "button", className: "chip-edit", textContent: value, tabIndex: -1 });
      edit.setAttribute("aria-label", `${this.words.edit} ${value}`);
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "chip-remove", tabIndex: -1 });
      remove.setAttribute("aria-label", `${this.words.remove} ${value}`);
      remove.innerHTML = '<svg class="icon" width="12" height="12" aria-hidden="true"><use href="#i-x"/></svg>';
      edit.dataset.index = remove.dataset.index = String(index);
      chip.append(edit, remove);
      this.box.insertBefore(chip, index < this.at ? this.input : null);
    });
    this.input.placeholder = this.values.length ? "" : this.text.placeholder;
  }

  // The textarea holds what is typed but not yet added too: nothing typed is ever lost.
  write() {
    const pending = this.input.value;
    const all = pending.trim() ? [...this.values.slice(0, this.at), pending, ...this.values.slice(this.at)] : this.values;
    const lines = all.map(encode).join("\n");
    if (this.text.value === lines) return;
    this.text.value = lines;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  take() {
    const value = this.input.value;
    if (!value.trim()) return;
    if (this.values.includes(value)) announce(this.words.there.replace("%s", value));
    else if (this.values.length >= MOST) return announce(this.words.most.replace("%s", String(MOST)));
    else this.values.splice(this.at, 0, value);
    this.input.value = "";
    this.at = this.values.length;
    this.draw();
    this.write();
  }

  add(values) {
    this.values.splice(this.at, 0, ...values.filter((value, index) => !this.values.includes(value) && values.indexOf(value) === index));
    this.at = this.values.length;
    this.draw();
    this.write();
  }

  edit(index) {
    const value = this.values[index];
    this.take();
    // Where no more fits, what is typed stays.
    if (this.input.value.trim()) return this.input.focus();
    this.at = this.values.indexOf(value);
    [this.input.value] = this.values.splice(this.at, 1);
    this.draw();
    this.input.focus();
    this.write();
  }

  remove(index) {
    const [value] = this.values.splice(index, 1);
    this.at = this.values.length;
    this.take();
    this.draw();
    this.write();
    announce(this.words.removed.replace("%s", value));
    const next = this.box.querySelectorAll(".chip-edit")[Math.min(index, this.values.length - 1)];
    (next ?? this.input).focus();
  }

  clicked(event) {
    const button = event.target.closest("button[data-index]");
    if (!button) return this.input.focus();
    const index = Number(button.dataset.index);
    if (button.classList.contains("chip-remove")) this.remove(index);
    else this.edit(index);
  }

  pressed(event) {
    if (event.isComposing) return;
    const index = Number(event.target.dataset.index ?? -1);
    if (event.target === this.input) {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        if (!this.single) this.take();
      } else if ((event.key === "Backspace" || event.key === "ArrowLeft") && !this.input.selectionEnd && this.values.length) {
        if (event.key === "ArrowLeft") {
          event.preventDefault();
          this.take();
          [...this.box.querySelectorAll(".chip-edit")].at(-1).focus();
        } else if (!this.input.value) {
          event.preventDefault();
          this.edit(this.values.length - 1);
        }
      }
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.remove(index);
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      const chips = [...this.box.querySelectorAll(".chip-edit")];
      const next = index + (event.key === "ArrowLeft" ? -1 : 1);
      (next >= chips.length ? this.input : chips[Math.max(0, next)]).focus();
    }
  }

  pasted(event) {
    const pasted = event.clipboardData.getData("text/plain");
    const trimmed = pasted.replace(/^[\r\n]+|[\r\n]+$/g, "");
    const found = SEPARATORS.filter(([, pattern]) => pattern.test(trimmed));
    if (this.single || !found.length) return;
    event.preventDefault();
    this.ask(trimmed, found.map(([name]) => name));
  }

  ask(pasted, separators) {
    this.panel?.remove();
    const panel = document.getElementById("paste-panel").content.firstElementChild.cloneNode(true);
    const choice = panel.querySelector("select");
    for (const option of [...choice.options]) if (option.value && !separators.includes(decode(option.value))) option.remove();
    choice.selectedIndex = 0;
    const accept = panel.querySelector("[data-accept]");
    const count = panel.querySelector("[data-count]");
    const cut = () => {
      const pattern = SEPARATORS.find(([name]) => name === decode(choice.value))?.[1];
      return pattern ? pasted.split(pattern).map((part) => part.trim()).filter(Boolean) : [pasted];
    };
    const show = () => {
      const values = cut();
      const fresh = new Set([...values].filter((value) => !this.values.includes(value)));
      const over = fresh.size + this.values.length > MOST;
      const template = over ? this.words.over : this.words.counted;
      count.textContent = template.replace("%n", values.length).replace("%r", values.length - fresh.size).replace("%m", MOST - this.values.length);
      accept.disabled = over;
    };
    choice.addEventListener("change", (event) => { event.stopPropagation(); show(); });
    const close = () => { panel.remove(); this.panel = null; this.input.focus(); };
    accept.addEventListener("click", () => { const values = cut(); close(); this.add(values); announce(count.textContent); });
    panel.querySelector("[data-cancel]").addEventListener("click", close);
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } });
    show();
    this.box.after(panel);
    this.panel = panel;
    accept.disabled ? choice.focus() : accept.focus();
    announce(count.textContent);
  }
}
