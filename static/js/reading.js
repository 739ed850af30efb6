/* The open conversation of the inbox, kept as it is by now: what became of a letter, new mail, what
   was decided. It comes in without moving what somebody reads or writes: opened mail stays open, a
   letter that is being written stays, and where the focus is nothing is replaced. */

const EVERY = 5000;
const thread = () => document.querySelector("#reading [data-news]");
const mails = (root) => [...root.querySelectorAll("[data-email]")];
const mail = (root, pk) => root.querySelector(`[data-email="${CSS.escape(pk)}"]`);

async function ask() {
  const open = thread();
  if (document.hidden || !open) return;
  const url = new URL(open.dataset.news, location.href);
  url.searchParams.set("version", open.dataset.version);
  try {
    const answer = await fetch(url, { cache: "no-store", redirect: "manual" });
    if (answer.status !== 200) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (open === thread()) take(open, page.querySelector("#reading"));
  } catch {
    // offline: asked again in a while
  }
}

function take(open, news) {
  const fresh = news.querySelector("[data-news]");
  const stays = steady(open.closest("[data-scrolls]"), open);
  for (const each of mails(open)) if (!mail(fresh, each.dataset.email)) each.remove();
  const missed = [
    ...mails(fresh).map((node) => place(open, fresh, node)),
    replace(open.querySelector(".thread__meta"), fresh.querySelector(".thread__meta")),
    replace(open.querySelector(":scope > .thread__reply"), fresh.querySelector(":scope > .thread__reply")),
    replace(document.querySelector("#reading > .triage__actions"), news.querySelector(":scope > .triage__actions")),
  ];
  stays();
  if (!missed.includes(true)) open.dataset.version = fresh.dataset.version; // else once more, soon
}

/* A mail that is there keeps its place and takes what became of it; a new one comes after the one
   that it follows. */
function place(open, fresh, node) {
  const there = mail(open, node.dataset.email);
  if (there) return replace(there.querySelector("[data-delivery]"), node.querySelector("[data-delivery]"));
  if (node.closest(".thread__apart")) return apart(open, node.closest(".thread__apart"));
  const all = mails(fresh);
  const before = all.slice(0, all.indexOf(node)).map((each) => mail(open, each.dataset.email)).findLast(Boolean);
  const arrived = document.importNode(node, true);
  if (before && !before.closest(".thread__apart")) before.after(arrived);
  else open.querySelector(":scope > .thread__head").after(arrived);
  begin(arrived);
  return false;
}

function apart(open, group) {
  const known = mails(group).map((each) => mail(open, each.dataset.email)?.closest(".thread__apart")).find(Boolean);
  if (known) return replace(known, group);
  const node = document.importNode(group, true);
  open.append(node);
  begin(node);
  return false;
}

/* True where it has to wait: somebody is at it. */
function replace(old, node) {
  if (!old || !node) return false;
  if (old.querySelector("form[data-composer]")) return false; // the page is another one afterwards
  if (old.contains(document.activeElement) || old.querySelector(":popover-open, :scope details[open] form")) return true;
  const fresh = document.importNode(node, true);
  old.replaceWith(fresh);
  begin(fresh);
  return false;
}

function begin(node) {
  window.htmx?.process(node);
  document.dispatchEvent(new CustomEvent("musubi:arrived", { detail: node.parentElement }));
}

/* What has the focus, else what is read, stays where it is on the screen. */
function steady(pane, open) {
  const edge = pane.getBoundingClientRect().top;
  const focused = open.contains(document.activeElement) ? document.activeElement : null;
  const still = focused ?? [...open.children].find((part) => part.getBoundingClientRect().bottom > edge + 1);
  const before = still?.getBoundingClientRect().top;
  return () => {
    if (!still?.isConnected) return;
    const moved = still.getBoundingClientRect().top - before;
    const scrolls = pane.scrollHeight > pane.clientHeight + 1 && getComputedStyle(pane).overflowY !== "visible" ? pane : document.scrollingElement;
    if (moved) scrolls.scrollTop += moved;
  };
}

setInterval(ask, EVERY);
document.addEventListener("visibilitychange", ask);
