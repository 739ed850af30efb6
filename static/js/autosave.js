/* A draft is saved a second after the last key, and in this browser at once, so that a crash, a lost
   connection or an expired sign-in costs nothing. The browser's copy goes as soon as the server has
   what it holds, and when the e-mail is sent. Of two windows the later is told, and writes over
   nothing until somebody has decided. */

const PAUSE = 1000; // ms after the last key
const SOON = 250; // until the browser's own copy
const AGAIN = 5000; // after a save that found no server
const LONG = 32; // letters: a line of its own
const KEPT = ["to", "cc", "bcc", "subject", "quote"];
const states = new WeakMap();
let typedOn = null; // {place, copy} of a form in which somebody typed on while it was being refused

export function start(form) {
  if (states.has(form)) return;
  states.set(form, { timer: 0, soon: 0, saving: null, sent: "", dirty: false, stopped: false });
  form.addEventListener("input", () => touched(form));
  form.addEventListener("change", (event) => event.target.matches("[type=checkbox], select") && touched(form));
  form.addEventListener("submit", (event) => finish(form, event), { capture: true });
  form.addEventListener("musubi:closing", (event) => event.detail.push(closing(form)));
  addEventListener("online", () => states.get(form).dirty && save(form));
  restore(form);
}

function touched(form) {
  const state = states.get(form);
  state.dirty = true;
  clearTimeout(state.soon);
  state.soon = setTimeout(() => keep(form), SOON);
  if (!state.stopped) later(form, PAUSE);
}

function later(form, pause) {
  const state = states.get(form);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form), pause);
}

async function save(form) {
  const state = states.get(form);
  if (!form.isConnected || state.stopped) return;
  if (state.saving) return later(form, PAUSE);
  state.dirty = false;
  state.saving = ask(form);
  try {
    await state.saving;
  } finally {
    state.saving = null;
  }
}

async function ask(form) {
  const body = new FormData(form);
  body.delete("attachments");
  body.set("do", "save");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  } catch {
    return failed(form, "offline");
  }
  if (answer.status === 401 || answer.status === 403 || answer.redirected) return failed(form, "signedOut");
  if (![200, 409, 410, 422].includes(answer.status)) return failed(form, "offline");
  const { said, version, there } = await answer.json();
  if (answer.status === 409) return overtaken(form, said, version, there);
  say(form, said);
  if (answer.status === 410) stop(form);
  if (answer.status !== 200) return;
  form.elements.version.value = version;
  if (!states.get(form).dirty) forget(form);
}

/* All that was typed, before it is put away; where no server is, this browser has it. */
async function closing(form) {
  const state = states.get(form);
  clearTimeout(state.timer);
  await state.saving;
  if (!state.dirty) return;
  keep(form);
  await save(form);
  clearTimeout(state.timer);
}

function failed(form, why) {
  states.get(form).dirty = true;
  keep(form);
  say(form, status(form).dataset[why]);
  later(form, AGAIN);
}

function stop(form) {
  const state = states.get(form);
  clearTimeout(state.timer);
  state.stopped = true;
}

function overtaken(form, said, version, there) {
  stop(form);
  const { keep: keeping, show: showing } = status(form).dataset;
  const other = Object.assign(document.createElement("a"), { href: there, textContent: showing });
  other.addEventListener("click", () => forget(form));
  say(form, said, action(keeping, () => {
    form.elements.version.value = version;
    states.get(form).stopped = false;
    save(form);
  }), other);
}

/* Send, with the version that the server knows: a save that is under way comes home first. */
function finish(form, event) {
  const state = states.get(form);
  clearTimeout(state.timer);
  state.sent = JSON.stringify(values(form));
  if (!state.saving) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.dispatchEvent(new CustomEvent("musubi:held", { bubbles: true }));
  const by = event.submitter;
  state.saving.finally(() => {
    clearTimeout(state.timer);
    state.saving = null;
    if (form.isConnected) form.requestSubmit(by?.isConnected ? by : undefined);
  });
}

/* What was sent or discarded is kept nowhere; a refused form comes back and goes on. */
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (states.has(form) && event.detail.successful && event.detail.requestConfig.verb === "post") {
    stop(form);
    clearTimeout(states.get(form).soon);
    forget(form);
  }
});

/* The form that comes back holds what was sent: what was typed on meanwhile is put into it. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig?.elt;
  const state = states.get(form);
  if (!state || event.detail.xhr.status !== 422 || state.sent === JSON.stringify(values(form))) return;
  clearTimeout(state.soon);
  keep(form);
  if (!event.detail.xhr.getResponseHeader("X-Overtaken")) typedOn = { place: place(form), copy: copyOf(form) };
});

/* --- this browser's copy --- */

const place = (form) => `musubi:draft:${form.dataset.writer}:${new URL(form.action).pathname}`;

/* The letter is in `html` where the editor wrote it, else in `text`. */
const names = (form) => [...KEPT, form.elements.rich.value ? "html" : "text"].filter((name) => form.elements[name]);
const values = (form) => Object.fromEntries(names(form).map((name) => [name, form.elements[name].value]));

function copyOf(form) {
  const { key, version } = form.elements;
  return { key: key.value, version: version.value, values: values(form) };
}

function keep(form) {
  try {
    localStorage.setItem(place(form), JSON.stringify(copyOf(form)));
  } catch {
    // No room, or none allowed: the server has it in a second.
  }
}

function forget(form) {
  localStorage.removeItem(place(form));
}

function read(form) {
  try {
    return JSON.parse(localStorage.getItem(place(form)));
  } catch {
    return null;
  }
}

/* What the server has not heard of is put back. Where it has heard something newer, one is asked. */
function restore(form) {
  const carried = typedOn?.place === place(form) ? typedOn.copy : null;
  typedOn = null;
  const copy = carried ?? read(form);
  if (!copy) return;
  const entries = Object.entries(copy.values).filter(([name]) => form.elements[name]);
  if (entries.every(([name, value]) => form.elements[name].value === value)) return forget(form);
  const { key, version } = form.elements;
  const fresh = carried || version.value === "0" || (copy.key === key.value && copy.version === version.value);
  const put = () => {
    if (version.value === "0") key.value = copy.key;
    for (const [name, value] of entries) {
      form.elements[name].value = value;
      form.elements[name].dispatchEvent(new Event("input", { bubbles: true })); // chips are drawn anew
    }
    form.dispatchEvent(new CustomEvent("musubi:set"));
    say(form, status(form).dataset.restored);
    touched(form);
  };
  if (fresh) put();
  else say(form, status(form).dataset.unsaved, action(status(form).dataset.restore, put));
}

/* --- words --- */

const status = (form) => form.querySelector("[data-status]");

function say(form, words, ...parts) {
  const line = status(form);
  if (!parts.length && line.textContent === words) return;
  line.replaceChildren(words, ...parts);
  line.toggleAttribute("data-long", parts.length > 0 || words.length > LONG);
}

function action(words, does) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "linkbtn xs", textContent: words });
  button.addEventListener("click", does);
  return button;
}
