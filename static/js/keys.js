/* The keyboard. What carries data-key="e" or data-key="g c" is pressed by that key: the page itself
   is the registry, and the sheet behind "?" lists what it finds there. A key never acts while
   somebody types, composes a word (IME) or holds a modifier. Single keys can be switched off
   (WCAG 2.1.4); then only Ctrl+K and what the browser itself does remain. */

const PAUSE = 1000; // ms between the two keys of "g c"
const single = document.body.dataset.singleKeys !== "off";
const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
let before = "";
let timer = 0;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    press(event, "mod k");
    return;
  }
  if (!single || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.shiftKey && !before && press(event, `Shift ${key}`)) return;
  const pressed = press(event, before ? `${before} ${key}` : key) || (before && press(event, key));
  remember(pressed || event.key.length > 1 ? "" : key);
});

function press(event, keys) {
  const layer = document.querySelector("dialog:modal") ?? document;
  const found = [...layer.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`)].filter(isThere);
  const element = chosen(found);
  if (!element) return false;
  event.preventDefault();
  if (element.matches("input:not([type=checkbox]), textarea, select")) element.focus();
  else element.click();
  return true;
}

/* The bar of rows that are chosen comes first. Of several cards on a timeline the one with the focus,
   else the newest, which leads; of anything else the last: the newest toast, the innermost part. */
function chosen(found) {
  const bulk = found.find((element) => element.closest(".bulkbar"));
  if (bulk) return bulk;
  const cards = found.filter((element) => element.closest("[data-item]"));
  if (!cards.length) return found.at(-1);
  return cards.find((element) => element.closest("[data-item]").contains(document.activeElement)) ?? cards[0];
}

function remember(key) {
  clearTimeout(timer);
  before = key;
  timer = setTimeout(() => (before = ""), PAUSE);
}

function isTyping(target) {
  const field = target.closest("input, textarea, select, [contenteditable]");
  return Boolean(field) && !["checkbox", "radio"].includes(field.type);
}

/* A hidden button with a key is a command without a place on the page; what lies in a closed
   menu or a hidden part is not there, nor anything of the bar while no row is chosen. */
function isThere(element) {
  if (element.disabled || element.closest(".bulkbar")?.checkVisibility() === false) return false;
  return element.matches("[data-command]") || element.checkVisibility();
}

/* --- the sheet of keys --- */

const sheet = document.getElementById("keys-sheet");

document.querySelector("[data-shows-keys]")?.addEventListener("click", () => {
  const list = sheet.querySelector("dl");
  const rows = new Map();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (sheet.contains(element) || !isThere(element)) continue;
    rows.set(element.dataset.key, nameOf(element));
  }
  list.replaceChildren(...[...rows].flatMap(([keys, name]) => [term(name), combination(keys)]));
  sheet.showModal();
});

function nameOf(element) {
  const said = element.dataset.keyName ?? element.ariaLabel ?? element.labels?.[0]?.textContent;
  return (said ?? element.textContent).trim().replace(/\s+/g, " ");
}

function term(name) {
  const dt = document.createElement("dt");
  dt.textContent = name;
  return dt;
}

function combination(keys) {
  const dd = document.createElement("dd");
  for (const key of keys.split(" ")) {
    const kbd = document.createElement("kbd");
    kbd.textContent = key === "mod" ? sheet.dataset.mod : ARROWS[key] ?? (key.length === 1 ? key.toUpperCase() : key);
    dd.append(kbd);
  }
  return dd;
}

/* Assistive technology hears of single keys; hints are drawn beside what shows them. */
for (const element of document.querySelectorAll("[data-key]")) {
  if (element.dataset.key.includes(" ") && !element.dataset.key.startsWith("mod ")) continue;
  const keys = element.dataset.key.replace("mod ", "Control+");
  if (single || keys.startsWith("Control+")) element.setAttribute("aria-keyshortcuts", keys.toUpperCase().replace("CONTROL", "Control"));
}
