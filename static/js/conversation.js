/* "Open all" of a conversation: its earlier messages are fetched and opened, then folded again. */

const prepare = (root) => root.querySelectorAll("[data-open-all]").forEach((button) => (button.hidden = false));

prepare(document);
document.addEventListener("musubi:arrived", (event) => prepare(event.detail));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open-all]");
  if (!button) return;
  const card = button.closest(".thread");
  const open = button.ariaExpanded !== "true";
  button.dataset.openAll ||= button.textContent;
  button.ariaExpanded = String(open);
  button.textContent = open ? button.dataset.folds : button.dataset.openAll;
  for (const earlier of card.querySelectorAll(".thread__earlier")) earlier.open = open;
  for (const message of card.querySelectorAll("details.msg")) message.open = open || message === newest(card);
  if (!open) return;
  for (const folded of card.querySelectorAll(".msg > a.msg__head")) folded.click(); // by htmx, in place
});

const newest = (card) => [...card.querySelectorAll(":scope > .msg")].at(-1);
