/* Templates and snippets in a composer: the menu finds them and puts one where the cursor is, filled
   for whom the e-mail goes to. A ";" where a word begins opens it as well; Esc leaves the ";". What is
   still to be filled in is named under the letter until it is. */

const TOKEN = /\{\{[^{}<>]{0,300}\}\}/g;
const started = new WeakSet();

export function start(form) {
  const menu = form.querySelector("[data-picker]");
  if (!menu || started.has(form)) return;
  started.add(form);
  const state = { form, menu, find: menu.querySelector("[data-finds]"), found: menu.querySelector("[data-found]") };
  form.querySelector("[data-opens-picker]").hidden = false;
  state.find.autofocus = true; // has the focus as the menu opens, before the next key
  menu.addEventListener("beforetoggle", (event) => event.newState === "open" && open(state));
  menu.addEventListener("toggle", (event) => event.newState === "closed" && close(state));
  state.find.addEventListener("input", (event) => later(state, event));
  state.find.addEventListener("keydown", (event) => key(state, event));
  state.found.addEventListener("keydown", (event) => walk(state, event));
  state.found.addEventListener("click", (event) => choose(state, event));
  form.addEventListener("keydown", (event) => semicolon(state, event), { capture: true });
  form.addEventListener("input", () => check(state));
}

function open(state) {
  state.find.value = "";
  load(state);
}

/* Without a choice the ";" stands where it was typed. */
function close(state) {
  if (!state.typed) return;
  state.typed = false;
  insert(state.form, { text: ";", html: ";" });
}

/* What is found for belongs to no form, and is nothing to be saved. */
function later(state, event) {
  event.stopPropagation();
  clearTimeout(state.timer);
  state.timer = setTimeout(() => load(state), 200);
}

async function load(state) {
  const asked = (state.asked = {});
  const query = new URLSearchParams(state.menu.dataset.record ?? "");
  query.set("q", state.find.value.replace(/^;/, ""));
  query.set("to", state.form.elements.to?.value ?? "");
  query.set("mailbox", state.form.elements.mailbox?.value ?? "");
  const answer = await ask(`${state.menu.dataset.picker}?${query}`);
  if (state.asked !== asked) return;
  if (answer) state.found.innerHTML = await answer.text();
  else state.found.textContent = state.menu.dataset.failed;
}

async function ask(url, options = {}) {
  try {
    const answer = await fetch(url, { ...options, headers: { "HX-Request": "true" } });
    return answer.ok ? answer : null;
  } catch {
    return null;
  }
}

const picks = (state) => [...state.found.querySelectorAll("[data-pick]")];

function key(state, event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "ArrowDown") {
    event.preventDefault();
    picks(state)[0]?.focus();
  } else if (event.key === "Enter") {
    event.preventDefault();
    enter(state);
  }
}

/* The first of what was asked for, though its answer may still be on its way. */
async function enter(state) {
  clearTimeout(state.timer);
  await load(state);
  picks(state)[0]?.click();
}

function walk(state, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = picks(state);
  const next = all[all.indexOf(document.activeElement) + step];
  (next ?? (step < 0 ? state.find : all.at(-1)))?.focus();
}

async function choose(state, event) {
  const pick = event.target.closest("[data-pick]");
  if (!pick || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const answer = await ask(pick.dataset.pick);
  if (!answer) {
    state.found.textContent = state.menu.dataset.failed;
    return;
  }
  const filled = await answer.json();
  state.typed = false;
  state.menu.hidePopover();
  put(state, filled);
}

function put(state, filled) {
  const { form } = state;
  if (filled.template) {
    const { subject } = form.elements;
    if (subject && !subject.value.trim()) {
      subject.value = filled.subject;
      subject.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  state.labels = { ...state.labels, ...Object.fromEntries(filled.missing.map((each) => [each.token, each.label])) };
  insert(form, filled);
  if (filled.template) take(form, filled.template);
  check(state);
}

/* The draft knows with what it is written; the template's files are its own from then on. */
async function take(form, template) {
  const body = new FormData(form); // it may be the first that the server hears of this draft
  body.delete("attachments");
  body.set("do", "template");
  body.set("template", template);
  const answer = await ask(form.action, { method: "POST", body });
  if (!answer) return;
  const { html } = await answer.json();
  form.querySelector("[data-files]").insertAdjacentHTML("beforeend", html);
  form.elements.template.value = template;
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function insert(form, { html, text }) {
  if (form.editor) {
    form.dispatchEvent(new CustomEvent("musubi:insert", { detail: { html } }));
    return;
  }
  const field = form.elements.text;
  field.focus();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/* Where a word would begin; while one is composed (IME) it belongs to that. */
function semicolon(state, event) {
  if (event.key !== ";" || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.metaKey || event.altKey || !begins(state.form, event.target)) return;
  event.preventDefault();
  event.stopPropagation();
  state.typed = true;
  state.menu.showPopover();
}

function begins(form, target) {
  if (form.editor && target.closest("[data-rich]")) {
    const { $from, empty } = form.editor.state.selection;
    return empty && /(^|\s)$/.test($from.parent.textBetween(0, $from.parentOffset, "\n", "\n"));
  }
  if (target !== form.elements.text || target.selectionStart !== target.selectionEnd) return false;
  return /(^|\s)$/.test(target.value.slice(0, target.selectionStart));
}

/* The fields that still stand in the letter, by name. */
function check(state) {
  const note = state.form.querySelector("[data-unfilled]");
  if (!note) return;
  const written = `${state.form.elements.subject?.value ?? ""}\n${state.form.editor?.getText() ?? state.form.elements.text.value}`;
  const left = [...new Set(written.match(TOKEN) ?? [])].map((token) => state.labels?.[token]).filter(Boolean);
  note.hidden = left.length === 0;
  note.querySelector("[data-names]").textContent = left.join(", ");
}

const begin = (root) => root.querySelectorAll("[data-composer]").forEach(start);
begin(document);
document.addEventListener("htmx:load", (event) => begin(event.target.parentElement ?? event.target));
document.addEventListener("musubi:arrived", (event) => begin(event.detail));
