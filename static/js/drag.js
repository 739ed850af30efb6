/* A card is dragged by the mouse, or by a finger after a long press: a clone flies in the top layer,
   a dashed place shows where it will lie (on top: the newest of its stage), and the bar below takes
   what is won, lost or to be thrown away. Near an edge the board comes along. Escape, or letting go
   elsewhere, changes nothing. */

const FAR = 6; // px until a press is a drag
const LONG = 350; // ms until a finger lifts a card
const EDGE = 40; // px from an edge of the board where it begins to scroll
const PACE = 0.7; // px that it scrolls in a millisecond

const board = document.getElementById("board");
const bar = document.getElementById("dropbar");
const ghost = document.createElement("li");
ghost.className = "deal__ghost";
ghost.ariaHidden = "true";

let held = null; // { card, x, y, clone, timer, target }

board?.addEventListener("pointerdown", (event) => {
  const card = event.target.closest(".deal");
  if (!card || event.button || event.target.closest(".deal__menu")) return;
  held = { card, x: event.clientX, y: event.clientY, touch: event.pointerType === "touch" };
  if (held.touch) held.timer = setTimeout(() => lift(event), LONG);
});

addEventListener("pointermove", (event) => {
  if (!held) return;
  const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR;
  if (!held.clone && far && held.touch) return drop();
  if (!held.clone && far) lift(event);
  if (held?.clone) follow(event);
});

addEventListener("pointerup", () => {
  const { card, clone, target } = held ?? {};
  drop();
  if (!clone) return;
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }));
  const to = target && (target.dataset.drops ?? `to-${target.dataset.stage}`);
  if (to) card.dispatchEvent(new CustomEvent("musubi:dropped", { bubbles: true, detail: to }));
});

addEventListener("pointercancel", drop);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && held?.clone) drop();
});
board?.addEventListener("dragstart", (event) => event.preventDefault());
addEventListener("contextmenu", (event) => held?.clone && event.preventDefault());
addEventListener("touchmove", (event) => held?.clone && event.preventDefault(), { passive: false });

/* A link under the pointer is not followed when a drag ends on it. */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

function lift(event) {
  const box = held.card.getBoundingClientRect();
  const clone = held.card.cloneNode(true);
  clone.removeAttribute("id");
  clone.dataset.lifted = "";
  clone.popover = "manual";
  clone.ariaHidden = "true";
  clone.style.inlineSize = `${box.width}px`;
  document.body.append(clone);
  clone.showPopover();
  held.clone = clone;
  held.dx = held.x - box.left;
  held.dy = held.y - box.top;
  ghost.style.blockSize = `${box.height}px`;
  held.card.dataset.origin = "";
  board.dataset.dragging = ""; // no lane snaps into place while it scrolls
  bar.hidden = false;
  getSelection().empty();
  follow(event);
  requestAnimationFrame(scroll);
}

/* One frame of it, and the next one, as long as a card is held. */
function scroll(now) {
  if (!held?.clone) return;
  const box = board.getBoundingClientRect();
  const way = held.at.clientX > box.right - EDGE ? 1 : held.at.clientX < box.left + EDGE ? -1 : 0;
  if (way) {
    board.scrollLeft += way * PACE * Math.min(now - (held.frame ?? now), 50);
    follow(held.at);
  }
  held.frame = now;
  requestAnimationFrame(scroll);
}

function follow(event) {
  held.at = event;
  held.clone.style.insetInlineStart = `${event.clientX - held.dx}px`;
  held.clone.style.insetBlockStart = `${event.clientY - held.dy}px`;
  const under = document.elementFromPoint(event.clientX, event.clientY);
  const target = under?.closest("[data-drops], .lane") ?? null;
  if (target === held.target) return;
  leave();
  const own = target === held.card.closest(".lane");
  held.target = own ? null : target;
  if (!held.target) return;
  target.dataset.drop = "";
  target.querySelector(".lane__cards")?.prepend(ghost);
}

function leave() {
  delete held?.target?.dataset.drop;
  ghost.remove();
}

function drop() {
  if (!held) return;
  clearTimeout(held.timer);
  leave();
  held.clone?.remove();
  delete held.card.dataset.origin;
  delete board.dataset.dragging;
  bar.hidden = true;
  held = null;
}
