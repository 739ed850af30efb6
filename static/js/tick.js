/* News on an open record: asks data-news-url every 2 s while the tab is visible, and takes what
   came into the timeline at once, unless the person is reading further down or typing. Then it
   waits behind a pill, so that nothing moves under their eyes. */

const EVERY = 2000;
const MOST_WAIT = 60_000; // after failures: ask more rarely, never give up

/* The list of the page, and the one that takes its place with another tab. */
const start = (root) => {
  const list = root.querySelector?.("[data-news-url]");
  if (list && !list.dataset.watched) watch(list);
};
start(document);
document.addEventListener("htmx:load", (event) => start(event.target.parentElement ?? event.target));

function watch(list) {
  list.dataset.watched = "yes";
  let since = list.dataset.newsSince;
  let wait = EVERY;
  let timer = 0;
  let waiting = null;
  let whole = false; // is that the whole timeline, or only its newest page?

  const pill = document.querySelector("[data-news-pill]");
  pill.addEventListener("click", () => {
    show();
    const pane = paneOf(list);
    if (pane) pane.scrollTo({ top: 0, behavior: "smooth" });
    else list.scrollIntoView({ behavior: "smooth" });
  });

  const again = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, wait);
  };

  async function ask() {
    if (!list.isConnected) return;
    try {
      const url = new URL(list.dataset.newsUrl, location.href);
      url.searchParams.set("since", since);
      const answer = await fetch(url, { cache: "no-store", redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 404) return; // signed out, or gone
      if (answer.status === 200) {
        since = answer.headers.get("X-News-Since") ?? since;
        take(await answer.text());
      }
      wait = answer.status < 500 ? EVERY : Math.min(wait * 2, MOST_WAIT);
    } catch {
      wait = Math.min(wait * 2, MOST_WAIT);
    }
    again();
  }

  function take(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    waiting = [...page.querySelectorAll("[data-item]")];
    whole = Boolean(page.querySelector("[data-whole]"));
    for (const part of page.querySelectorAll("[data-refresh]")) {
      refresh(document.getElementById(part.id), document.importNode(part, true));
    }
    const fresh = waiting.filter((item) => differs(item, itemOf(list, item)));
    if (!fresh.length) {
      if (!isBusy(list)) show(); // something may have gone
      return;
    }
    const mayMove = fresh.every((item) => itemOf(list, item) && sameMessages(item, itemOf(list, item)));
    if (mayMove || !isBusy(list)) show();
    else announce(pill, fresh.length);
  }

  function show() {
    pill.parentElement.hidden = true;
    merge(list, waiting ?? [], whole);
    waiting = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else ask();
  });
  again();
}

/* --- comparing what came with what is there --- */

const itemOf = (list, item) => list.querySelector(`[data-item="${CSS.escape(item.dataset.item)}"]`);
const differs = (item, old) => !old || old.dataset.version !== item.dataset.version;
const sameMessages = (item, old) => old.dataset.newest === item.dataset.newest;

function isBusy(list) {
  const draft = [...document.querySelectorAll("textarea")].find((area) => area.value !== area.defaultValue);
  const typing = document.activeElement?.closest("textarea, input, select, [contenteditable]");
  const edge = paneOf(list)?.getBoundingClientRect().top ?? 0;
  const reading = list.getBoundingClientRect().top < edge - 40;
  return reading || Boolean(typing) || Boolean(draft);
}

/* What scrolls: the pane on a wide screen, the whole page on a phone. */
function paneOf(list) {
  const pane = list.closest("[data-scrolls]");
  return pane && pane.scrollHeight > pane.clientHeight + 1 ? pane : null;
}

function announce(pill, count) {
  const words = count === 1 ? pill.dataset.one : pill.dataset.many;
  pill.textContent = words.replace("%s", count);
  pill.parentElement.hidden = false;
}

/* --- bringing it in: new items on top, changed ones in place, the rest untouched --- */

function merge(list, items, whole) {
  list.querySelector("[data-nothing]")?.remove();
  const days = new Map([...list.querySelectorAll("[data-day]")].map((day) => [day.dataset.day, day]));
  for (const item of [...items].reverse()) {
    const old = itemOf(list, item);
    if (!differs(item, old)) continue;
    const node = bring(item, old);
    if (old && sameMessages(item, old)) {
      old.replaceWith(node);
    } else {
      old?.remove();
      dayOf(list, days, item).after(node);
    }
  }
  dropGone(list, items, whole);
  dropEmptyDays(list);
}

/* A part beside the timeline; the focus stays where it was in it. */
function refresh(old, node) {
  if (!old || old.innerHTML === node.innerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(node);
  window.htmx?.process(node);
  if (focused) document.getElementById(focused)?.focus();
}

/* What was taken back or moved to the Trash is not among the newest any more. */
function dropGone(list, items, whole) {
  const last = items.length && !whole ? itemOf(list, items.at(-1)) : null;
  const there = new Set(items.map((item) => item.dataset.item));
  for (const item of last || whole ? list.querySelectorAll("[data-item]") : []) {
    if (item === last) return; // from here on it is older than what was asked for
    if (!there.has(item.dataset.item) && !item.querySelector("form[data-composer]")) item.remove();
  }
}

function bring(item, old) {
  const node = document.importNode(item, true);
  node.dataset.new = "";
  const draft = old?.querySelector("form[data-composer]");
  if (draft) node.querySelector(".thread__reply, .note__text")?.replaceChildren(draft); // what is typed moves along
  window.htmx?.process(node);
  document.dispatchEvent(new CustomEvent("musubi:arrived", { detail: node }));
  return node;
}

function dayOf(list, days, item) {
  const key = item.dataset.on;
  if (!days.has(key)) {
    const day = document.createElement("li");
    day.className = "tl__day";
    day.dataset.day = key;
    const title = document.createElement("h2");
    title.className = "xs";
    title.textContent = item.dataset.onWords;
    day.append(title);
    list.prepend(day);
    days.set(key, day);
  }
  return days.get(key);
}

function dropEmptyDays(list) {
  for (const day of list.querySelectorAll("[data-day]")) {
    const next = day.nextElementSibling;
    if (!next || next.matches("[data-day]")) day.remove();
  }
}
