/* A toast goes after 10 s, or after the seconds that it names; it waits while the mouse or the focus
   is on it. */

const LIFE = 10; // s

function show(toast) {
  const life = 1000 * (toast.dataset.toast || LIFE);
  let timer = setTimeout(() => toast.remove(), life);
  const wait = () => clearTimeout(timer);
  const goOn = () => {
    wait();
    timer = setTimeout(() => toast.remove(), life / 2);
  };
  toast.addEventListener("mouseenter", wait);
  toast.addEventListener("focusin", wait);
  toast.addEventListener("mouseleave", goOn);
  toast.addEventListener("focusout", goOn);
  const close = toast.querySelector("[data-dismiss]");
  close.hidden = false;
  close.addEventListener("click", () => toast.remove());
}

const start = (root) => root.querySelectorAll("[data-toast]").forEach(show);
start(document);

/* Those that came with an answer to htmx: each once. */
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (node instanceof Element && node.matches("[data-toast]")) show(node);
  }
}).observe(document.getElementById("toasts"), { childList: true });
