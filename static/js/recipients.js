/* Recipients as chips. The field itself stays the truth, as it is without a script: what it holds
   ("Ann <ann@a.example>, bob@b.example") is shown as chips and an input that finds people. */

const PIECE = /(?:"[^"]*"|<[^<>]*>|[^,;"<])+/g; // as the server splits (inbox/sending/composer.py)
const ADDRESS = /^[^\s@"<>]+@[^\s@"<>]+$/;
const WIDE = { "\u3001": ",", "\uff0c": ",", "\uff1b": ";", "\n": ",", "\r": ",", "\t": " " };
let count = 0;

class Recipients {
  constructor(field) {
    this.field = field;
    this.row = field.closest(".composer__row");
    this.pieces = [];
    this.build();
    this.read();
    if (document.activeElement === field) this.takeOver();
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("input", (event) => event.isComposing || this.typed());
    this.input.addEventListener("compositionend", () => this.typed());
    this.input.addEventListener("blur", () => this.leave());
    this.input.addEventListener("paste", (event) => this.paste(event));
    this.box.addEventListener("keydown", (event) => this.walk(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[data-value]")));
    field.addEventListener("input", (event) => event.detail === this || this.read());
  }

  build() {
    const id = `recipients-${++count}`;
    const label = this.row.querySelector("label");
    this.box = make("span", { className: "recipients" });
    this.input = make("input", { id, type: "text", autocomplete: "off", spellcheck: false });
    this.input.role = "combobox";
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-controls", `${id}-list`);
    this.input.ariaExpanded = "false";
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (this.field.hasAttribute(name)) this.input.setAttribute(name, this.field.getAttribute(name));
    }
    this.list = make("div", { id: `${id}-list`, className: "recipients__list", hidden: true });
    this.list.role = "listbox";
    this.list.ariaLabel = label.textContent;
    label.htmlFor = id;
    this.required = this.field.required;
    this.field.required = false;
    this.field.classList.add("visually-hidden");
    this.field.tabIndex = -1;
    this.field.ariaHidden = "true";
    this.box.append(this.input, this.list);
    this.field.after(this.box);
  }

  /* Who was quicker than this script types on: the half-typed word is no chip yet. */
  takeOver() {
    if (this.field.value !== this.field.defaultValue && this.pieces.length) this.edit(this.pieces.length - 1);
    else this.input.focus();
  }

  /* From the field to the chips. */
  read() {
    this.pieces = split(this.field.value);
    this.input.value = "";
    this.show();
  }

  /* From the chips to the field: what is half typed counts too, so that nothing is lost. */
  write() {
    this.field.value = [...this.pieces, this.input.value.trim()].filter(Boolean).join(", ");
    this.input.required = this.required && !this.pieces.length;
    this.field.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: this }));
  }

  show() {
    for (const chip of this.box.querySelectorAll(".token")) chip.remove();
    this.input.before(...this.pieces.map((piece, place) => this.chip(piece, place)));
    this.input.required = this.required && !this.pieces.length;
  }

  chip(piece, place) {
    const wrong = !ADDRESS.test(address(piece));
    const chip = make("span", { className: wrong ? "token token--wrong" : "token", title: piece });
    const name = make("span", { className: "truncate", textContent: wrong ? piece : called(piece) });
    const remove = make("button", { type: "button", textContent: "×" });
    const words = this.field.dataset[wrong ? "wrong" : "remove"];
    remove.ariaLabel = words.replace("{name}", wrong ? piece : called(piece));
    remove.addEventListener("click", () => this.take(place));
    chip.append(name, remove);
    chip.addEventListener("dblclick", () => this.edit(place));
    return chip;
  }

  add(text) {
    const known = new Set(this.pieces.map((piece) => address(piece).toLowerCase()));
    for (const piece of split(text)) {
      if (known.has(address(piece).toLowerCase())) continue;
      known.add(address(piece).toLowerCase());
      this.pieces.push(piece);
    }
    this.input.value = "";
    this.close();
    this.show();
    this.write();
  }

  take(place) {
    this.pieces.splice(place, 1);
    this.show();
    this.write();
    const buttons = this.buttons();
    (buttons[Math.min(place, buttons.length - 1)] ?? this.input).focus();
  }

  /* Back into the input, to be corrected. */
  edit(place) {
    const [piece] = this.pieces.splice(place, 1);
    if (this.input.value.trim()) this.pieces.push(...split(this.input.value));
    this.input.value = piece;
    this.show();
    this.write();
    this.input.focus();
  }

  buttons() {
    return [...this.box.querySelectorAll(".token button")];
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return; // a word is being composed
    const chosen = this.list.querySelector("[aria-selected=true]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const empty = !this.input.value && this.input.selectionStart === 0;
    if (step && !this.list.hidden) {
      event.preventDefault();
      this.move(step, chosen);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // it would send the letter
      if (chosen) this.choose(chosen);
      else if (this.input.value.trim()) this.add(this.input.value);
    } else if (event.key === "Tab" && chosen && !event.shiftKey) {
      this.choose(chosen);
    } else if ([",", ";"].includes(event.key) && !quoted(this.input.value)) {
      event.preventDefault();
      if (this.input.value.trim()) this.add(this.input.value);
    } else if (["Backspace", "ArrowLeft"].includes(event.key) && empty && this.pieces.length) {
      event.preventDefault();
      this.last(event.key);
    }
  }

  /* Backspace takes up a wrong one for correction; else the last chip has the focus. */
  last(key) {
    const wrong = !ADDRESS.test(address(this.pieces.at(-1)));
    if (key === "Backspace" && wrong) this.edit(this.pieces.length - 1);
    else this.buttons().at(-1).focus();
  }

  /* Among the chips. */
  walk(event) {
    const buttons = this.buttons();
    const place = buttons.indexOf(event.target);
    if (place < 0) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      event.preventDefault();
      (buttons[Math.max(0, place + step)] ?? this.input).focus();
    } else if (["Backspace", "Delete"].includes(event.key)) {
      event.preventDefault();
      this.take(place);
    } else if (event.key === "F2") {
      event.preventDefault();
      this.edit(place);
    }
  }

  typed() {
    const text = [...this.input.value].map((letter) => WIDE[letter] ?? letter).join("");
    if (/[,;]/.test(text) && !quoted(text)) this.add(text);
    else this.write();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), 120);
  }

  paste(event) {
    const text = event.clipboardData.getData("text").replace(/[\u3001\uff0c\uff1b\r\n\t]/g, (c) => WIDE[c]);
    if (!/[,;]/.test(text) && !ADDRESS.test(address(text))) return;
    event.preventDefault();
    this.add(`${this.input.value} ${text}`);
  }

  leave() {
    clearTimeout(this.waiting);
    this.close();
    if (this.input.value.trim()) this.add(this.input.value);
  }

  async ask() {
    this.asked?.abort();
    const text = this.input.value.trim();
    if (!text) return this.close();
    this.asked = new AbortController();
    const url = `${this.field.dataset.recipients}?q=${encodeURIComponent(text)}`;
    try {
      const answer = await fetch(url, { signal: this.asked.signal });
      if (answer.ok && !answer.redirected) this.offer(await answer.text(), text);
    } catch {
      this.close(); // no answer: an address can still be typed in full
    }
  }

  offer(html, text) {
    if (text !== this.input.value.trim() || document.activeElement !== this.input) return;
    this.list.innerHTML = html;
    const options = [...this.list.querySelectorAll("[data-value]")];
    options.forEach((option, place) => (option.id = `${this.list.id}-${place}`));
    this.list.hidden = !options.length;
    this.input.ariaExpanded = String(!this.list.hidden);
    this.input.removeAttribute("aria-activedescendant");
    if (options.length && !ADDRESS.test(text)) this.move(1, null);
  }

  move(step, from) {
    const options = [...this.list.querySelectorAll("[data-value]")];
    const next = options[(options.indexOf(from) + step + options.length) % options.length];
    for (const option of options) option.ariaSelected = String(option === next);
    next.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", next.id);
  }

  choose(option) {
    if (!option) return;
    this.input.value = "";
    this.add(option.dataset.value);
    this.input.focus();
  }

  close() {
    this.asked?.abort();
    this.list.hidden = true;
    this.list.replaceChildren();
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
  }
}

const make = (tag, values) => Object.assign(document.createElement(tag), values);
const split = (text) => (text.match(PIECE) ?? []).map((piece) => piece.trim()).filter(Boolean);
const address = (piece) => (piece.match(/<([^<>]*)>\s*$/)?.[1] ?? piece).trim();
const called = (piece) => piece.replace(/<[^<>]*>\s*$/, "").replaceAll('"', "").trim() || piece;
const quoted = (text) => (text.split('"').length - 1) % 2 === 1;

const fields = new WeakMap();
const start = (root) => {
  for (const field of root.querySelectorAll("input[data-recipients]")) {
    if (!fields.has(field)) fields.set(field, new Recipients(field));
  }
};
start(document);
document.addEventListener("htmx:load", (event) => start(event.target.parentElement ?? event.target));
document.addEventListener("musubi:arrived", (event) => start(event.detail));

/* "Cc" shows its row: its input has the focus, as the hidden field would have had it. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-shows]");
  const field = button && document.getElementById(button.dataset.shows)?.querySelector("[data-recipients]");
  if (field) fields.get(field)?.input.focus();
});
