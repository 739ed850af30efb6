/* A toast goes after 10 s, or after the seconds that it names; it waits while the mouse or the focus
   is on it. What was pressed and not answered is told by one, where no form says it. */

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

/* --- no answer --- */

const told = document.getElementById("unanswered");
const TELLS_ITSELF = "[data-editor], [data-composer]";

function tell(words) {
  const toast = told.content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = words;
  toast.dataset.tells = "";
  document.querySelector("#toasts [data-tells]")?.remove();
  document.getElementById("toasts").append(toast);
}

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    const { elt, xhr } = event.detail;
    if (elt.closest(TELLS_ITSELF)) return;
    if (elt.matches("form[hx-trigger=change]")) elt.reset(); // its box shows again what is so
    const status = xhr?.status ?? 0;
    if (status === 401) return; // a dialog says that (pulse.js)
    tell(status >= 400 && status < 500 ? told.dataset.refused : told.dataset.unanswered);
  });
}
