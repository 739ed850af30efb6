/* Opens dialogs (data-opens="id"), closes them by their cross or a press beside them, and puts
   menus next to the button that opened them. The browser gives the focus back to the opener. */

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens), event);
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
  if (event.target.matches("dialog")) event.target.close();
});

function open(dialog, event) {
  if (!dialog || dialog.open) return;
  event.preventDefault(); // without scripts it is a link to a page
  dialog.showModal();
  dialog.querySelector("[autofocus], input")?.select?.();
}

document.addEventListener(
  "beforetoggle",
  (event) => {
    if (event.newState !== "open" || !event.target.matches(".menu[popover]")) return;
    const button = document.querySelector(`[popovertarget="${CSS.escape(event.target.id)}"]`);
    if (button) requestAnimationFrame(() => keep(event.target, button));
  },
  { capture: true },
);

/* Its place is found again whenever its size changes: what it holds may come later. */
function keep(menu, button) {
  const sizes = new ResizeObserver(() => {
    if (menu.matches(":popover-open")) place(menu, button.getBoundingClientRect());
    else sizes.disconnect();
  });
  sizes.observe(menu);
}

function place(menu, beside) {
  const edge = menu.dataset.edge === "start" ? beside.left : beside.right - menu.offsetWidth;
  const across = Math.min(edge, innerWidth - menu.offsetWidth - 8);
  const below = beside.bottom + 4;
  const fits = below + menu.offsetHeight + 8 <= innerHeight;
  const down = fits ? below : beside.top - menu.offsetHeight - 4; // over a button at the bottom
  menu.style.insetInlineStart = `${Math.max(8, across)}px`;
  menu.style.insetBlockStart = `${Math.max(8, down)}px`;
}

/* htmx copies the attributes of what it replaces; a style that a script has set would come back as
   text, which the content security policy refuses. */
document.addEventListener("htmx:beforeSwap", (event) => {
  for (const part of event.detail.target.querySelectorAll("[style]")) part.removeAttribute("style");
});
