/* The inbox: J and K open what they go to, beside the list; where there is no room for that, a row
   leads to its own page. What has arrived meanwhile waits behind a pill, so that nothing moves. */

const EVERY = 10_000;
const rows = document.getElementById("rows");
const reading = () => document.getElementById("reading");
const wide = () => Boolean(reading()?.checkVisibility());

document.addEventListener("click", (event) => {
  const does = event.target.closest?.("[data-does]")?.dataset.does ?? "";
  const row = document.activeElement?.closest("[data-row]");
  if (does.endsWith("-row") && !does.startsWith("choose") && row && wide()) row.click();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (!row || wide()) return;
  event.preventDefault();
  location.assign(row.href);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "reading" && event.detail.elt?.id !== "reading") return;
  const open = reading()?.querySelector("[data-thread]")?.dataset.thread;
  for (const row of document.querySelectorAll("[data-row]")) {
    const item = row.closest("[data-thread]");
    if (item.dataset.thread === open) {
      row.setAttribute("aria-current", "true");
      item.classList.remove("conv--unread");
      item.querySelector(".conv__top .dot")?.remove();
      item.querySelector(".conv__top .visually-hidden")?.remove();
    } else row.removeAttribute("aria-current");
  }
  document.dispatchEvent(new CustomEvent("musubi:arrived", { detail: reading() }));
  toNews();
});

/* N and P go from message to message of the open conversation. */
document.addEventListener("click", (event) => {
  const step = Number(event.target.closest?.("[data-message]")?.dataset.message ?? 0);
  if (!step) return;
  const heads = [...(reading()?.querySelectorAll(".msg > summary, .msg > .msg__head") ?? [])];
  const there = heads.filter((head) => head.checkVisibility());
  const from = there.indexOf(document.activeElement);
  there.at(from < 0 ? -1 : Math.max(0, Math.min(from + step, there.length - 1)))?.focus();
});

/* It opens at the first message that is new. */
function toNews() {
  const pane = reading();
  const first = pane?.querySelector(".thread > .msg[open]");
  if (first && first.offsetTop > pane.clientHeight / 2) first.scrollIntoView({ block: "start" });
}

/* The row of the open conversation, where somebody goes on with J and K. */
document.querySelector("[data-row][aria-current]")?.scrollIntoView({ block: "nearest" });
toNews();

document.getElementById("whose")?.addEventListener("change", (event) => event.target.form.requestSubmit());

/* --- what has arrived --- */

const pill = document.querySelector("[data-arrived]");
pill?.addEventListener("click", () => location.assign(location.href));

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch(rows.dataset.arrivals, { cache: "no-store", redirect: "manual" });
    if (answer.ok) tell((await answer.text()).split(" ").filter(Boolean));
  } catch {
    // offline: asked again in a while
  }
}

function tell(ids) {
  const there = new Set([...rows.querySelectorAll("[data-thread]")].map((row) => row.dataset.thread));
  const top = ids.findIndex((id) => there.has(id));
  const fresh = top < 0 && there.size ? [] : ids.slice(0, top < 0 ? undefined : top).filter((id) => !there.has(id));
  pill.parentElement.hidden = !fresh.length;
  pill.textContent = (fresh.length === 1 ? pill.dataset.one : pill.dataset.many).replace("%s", fresh.length);
}

if (rows?.dataset.arrivals) setInterval(ask, EVERY);
