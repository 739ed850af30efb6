/* The board: a deal goes to another stage by the menu of its card, by keys or by dragging (drag.js).
   The card moves at once; the server's answer puts the sums right, and where there is none the card
   goes back and a toast says why. A live region says where the card is now. */

const board = document.getElementById("board");
const menu = document.getElementById("move-menu");
const lostMenu = document.getElementById("lost-menu");
let card = null; // the one that is meant: of the menu, or with the focus

const lanes = () => [...board.querySelectorAll(".lane")];
const cardsOf = (lane) => [...lane.querySelectorAll(".deal")];
const laneOf = (stage) => board.querySelector(`[data-stage="${CSS.escape(stage)}"]`);
const linkOf = (card) => card.querySelector(".deal__link");
const end = (outcome) => document.querySelector(`[data-does=${outcome}][data-stage]`)?.dataset.stage;

/* --- what is meant --- */

board?.addEventListener("focusin", (event) => (card = event.target.closest(".deal") ?? card));

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.(".deal__menu");
  if (opener && !event.ctrlKey && !event.metaKey) openMenu(event, opener);
  const button = event.target.closest?.("[data-does]");
  if (!button || !board) return;
  if (menu.contains(button)) menu.hidePopover();
  act(button.dataset.does);
});

function openMenu(event, opener) {
  event.preventDefault();
  card = opener.closest(".deal");
  const here = card.closest(".lane").dataset.stage;
  for (const button of menu.querySelectorAll("[data-does]")) button.disabled = button.dataset.does === `to-${here}`;
  show(menu, opener);
}

function show(popover, beside) {
  popover.showPopover({ source: beside });
  const box = beside.getBoundingClientRect();
  const across = Math.min(box.left, innerWidth - popover.offsetWidth - 8);
  const down = Math.min(box.bottom + 4, innerHeight - popover.offsetHeight - 8);
  popover.style.insetInlineStart = `${Math.max(8, across)}px`;
  popover.style.insetBlockStart = `${Math.max(8, down)}px`;
  popover.querySelector("input, button:enabled").focus();
}

menu?.addEventListener("toggle", (event) => {
  if (event.newState === "closed" && menu.contains(document.activeElement)) linkOf(card)?.focus();
});

menu?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const items = [...menu.querySelectorAll("button:enabled")];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
});

function act(does) {
  if (["left", "right", "up", "down"].includes(does)) return step(does);
  if (!card?.isConnected) return;
  if (menu.matches(":popover-open")) menu.hidePopover();
  const lane = card.closest(".lane");
  const beside = { "move-left": -1, "move-right": 1 }[does];
  if (beside) return moveTo(card, lanes()[lanes().indexOf(lane) + beside]?.dataset.stage);
  if (does.startsWith("to-")) return moveTo(card, does.slice(3));
  return finish(card, does);
}

board?.addEventListener("musubi:dropped", (event) => {
  card = event.target;
  act(event.detail);
});

/* --- from card to card --- */

function step(way) {
  if (document.querySelector(":popover-open, dialog[open]")) return;
  if (!card?.isConnected || !board.contains(document.activeElement?.closest(".deal"))) {
    board.querySelector(".deal__link")?.focus();
    return;
  }
  const lane = card.closest(".lane");
  const place = cardsOf(lane).indexOf(card);
  if (way === "up" || way === "down") return focus(cardsOf(lane)[place + (way === "up" ? -1 : 1)]);
  const others = lanes().filter((each) => each === lane || cardsOf(each).length);
  const next = others[others.indexOf(lane) + (way === "left" ? -1 : 1)];
  if (next) focus(cardsOf(next)[Math.min(place, cardsOf(next).length - 1)]);
}

function focus(target) {
  if (!target) return;
  linkOf(target).focus();
  target.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/* --- moving --- */

function finish(target, does) {
  if (does === "won" && end("won")) return moveTo(target, end("won"));
  if (does === "trash") return toTrash(target);
  if (does === "lost" && lostMenu) show(lostMenu, target);
}

lostMenu?.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const reason = lostMenu.querySelector("input");
  lostMenu.hidePopover();
  moveTo(card, end("lost"), reason.value);
  reason.value = "";
});

function toTrash(target) {
  const form = document.getElementById("trash");
  form.elements.ids.value = target.dataset.deal;
  form.submit();
}

async function moveTo(target, stage, reason = "") {
  const from = target.closest(".lane");
  if (!stage || stage === from.dataset.stage) return;
  const place = { list: target.parentElement, before: target.nextElementSibling };
  const focused = target.contains(document.activeElement) || document.activeElement === document.body;
  const onward = target.nextElementSibling?.matches(".deal") ? target.nextElementSibling : target.previousElementSibling;
  const lane = laneOf(stage);
  if (lane) lane.querySelector(".lane__cards").prepend(target);
  else target.remove();
  target.ariaBusy = "true";
  if (focused) focus(lane ? target : onward);
  const why = await send(target, stage, reason);
  target.removeAttribute("aria-busy");
  if (why) {
    place.list.insertBefore(target, place.before?.parentElement === place.list ? place.before : null);
    if (focused) focus(target);
    refuse(target, why, () => moveTo(target, stage, reason));
  } else {
    say(target, stage);
  }
}

/* Posts it; "" when it is done, else why it is not. */
async function send(target, stage, reason) {
  const body = new FormData(document.getElementById("move"));
  body.set("stage", stage);
  body.set("lost_reason", reason);
  const headers = { "HX-Request": "true", "HX-Target": "board" };
  const url = menu.dataset.url.replace("/0/", `/${target.dataset.deal}/`);
  try {
    const answer = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
    if (answer.status === 404) return board.dataset.gone;
    if (!answer.ok) return board.dataset.answered.replace("{status}", answer.status || 401);
    take(await answer.text(), target);
    return "";
  } catch {
    return board.dataset.offline;
  }
}

/* The heads of the lanes, the totals and the card take their places by id; toasts come on top. */
function take(html, target) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const had = target.contains(document.activeElement);
  for (const part of answer.querySelectorAll(".lane__head, #totals, .deal")) {
    document.getElementById(part.id)?.replaceWith(document.importNode(part, true));
  }
  for (const toast of answer.querySelectorAll("[data-toast]")) {
    document.getElementById("toasts").append(document.importNode(toast, true));
  }
  const now = document.getElementById(target.id);
  if (card === target && now) card = now;
  if (had && now) focus(now);
}

function refuse(target, why, again) {
  const toast = document.getElementById("refused").content.firstElementChild.cloneNode(true);
  const words = board.dataset.refused.replace("{deal}", linkOf(target).textContent);
  toast.querySelector("[data-words]").textContent = `${words} ${why}`;
  toast.querySelector("[data-retry]").addEventListener("click", () => {
    toast.remove();
    again();
  });
  document.getElementById("toasts").append(toast);
}

function say(target, stage) {
  const lane = laneOf(stage);
  const now = document.getElementById(target.id);
  const template = lane ? board.dataset.said : stage === end("won") ? board.dataset.won : board.dataset.lost;
  document.getElementById("said").textContent = template
    .replace("{deal}", linkOf(target).textContent)
    .replace("{stage}", lane?.dataset.name)
    .replace("{n}", lane && cardsOf(lane).indexOf(now) + 1)
    .replace("{total}", lane?.querySelector(".count").textContent);
}
