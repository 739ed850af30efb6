/* J and K go from card to card of the timeline (data-steps="1" or "-1"): the focus moves along. */

document.addEventListener("click", (event) => {
  const step = Number(event.target.closest("[data-steps]")?.dataset.steps);
  if (!step) return;
  const items = [...document.querySelectorAll("#timeline > .tl__item")];
  const now = items.findIndex((item) => item.contains(document.activeElement));
  const next = items[now < 0 ? (step > 0 ? 0 : -1) : now + step];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
});
