/* Rows that are chosen: X chooses the row with the focus, Shift+X (or a click with Shift) all from
   the last one on, the box in the head all on the page, Escape none. The bar shows by CSS alone and
   says here how many. Choosing "all" greys the single choices. */

let last = null; // the box that was pressed last
const boxes = () => [...document.querySelectorAll("tbody input[name=ids], li input[name=ids]")];

document.addEventListener("click", (event) => {
  const does = event.target.closest?.("[data-does]")?.dataset.does;
  if (does === "choose-row" || does === "choose-rows") choose(rowBox(), does === "choose-rows");
  if (event.target.matches("input[name=ids]") && event.shiftKey) range(event.target);
  if (event.target.matches("input[name=ids]")) last = event.target;
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("[data-all], [name=ids], [name=all]")) tell();
});

document.addEventListener("reset", () => setTimeout(tell));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  if (document.querySelector(":popover-open, dialog[open]")) return;
  if (event.target.matches("input[type=search], input[type=text]")) return;
  if (boxes().some((box) => box.checked)) document.querySelector("[data-clear]").click();
});

const rowBox = () => document.activeElement?.closest("tr, li")?.querySelector("input[name=ids]");

function choose(box, upTo) {
  if (!box) return;
  box.checked = upTo ? true : !box.checked;
  if (upTo) range(box);
  last = box;
  tell();
}

function range(box) {
  const all = boxes();
  const [from, to] = [all.indexOf(last ?? box), all.indexOf(box)].sort((a, b) => a - b);
  for (const each of all.slice(Math.max(0, from), to + 1)) each.checked = box.checked;
}

function tell() {
  const bar = document.querySelector(".bulkbar");
  if (!bar) return;
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const everything = bar.querySelector("[name=all]");
  if (everything && !chosen) everything.checked = false;
  const words = bar.querySelector("[data-count]");
  words.textContent = words.dataset.words.replace("%s", everything?.checked ? everything.dataset.total : chosen);
  const head = document.querySelector("[data-all]");
  if (!head) return;
  head.checked = chosen === all.length;
  head.indeterminate = chosen > 0 && chosen < all.length;
}

function start() {
  const head = document.querySelector("[data-all]");
  if (head) head.hidden = false;
  tell();
}

start();
document.addEventListener("htmx:afterSettle", start);
addEventListener("pageshow", start); // the browser may bring choices back
