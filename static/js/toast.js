/* A toast goes after 10 s; it waits while the mouse or the focus is on it. */

const LIFE = 10_000;

for (const toast of document.querySelectorAll("[data-toast]")) {
  let timer = setTimeout(() => toast.remove(), LIFE);
  const wait = () => clearTimeout(timer);
  const goOn = () => (timer = setTimeout(() => toast.remove(), LIFE / 2));
  toast.addEventListener("mouseenter", wait);
  toast.addEventListener("focusin", wait);
  toast.addEventListener("mouseleave", goOn);
  toast.addEventListener("focusout", goOn);
  const close = toast.querySelector("[data-dismiss]");
  close.hidden = false;
  close.addEventListener("click", () => toast.remove());
}
