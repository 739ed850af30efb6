/* Gives the frame of an HTML mail the height of its content. The frame is sandboxed without
   scripts; being of our own origin, it can be measured from here. Without this it scrolls. */

const MOST = 20_000;

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page?.scrollHeight) return;
  frame.style.blockSize = "0px";
  frame.style.blockSize = `${Math.min(page.scrollHeight + 2, MOST)}px`;
}

function bind(frame) {
  if (frame.dataset.bound) return;
  frame.dataset.bound = "yes";
  const watch = () => {
    fit(frame);
    frame.contentDocument?.addEventListener("toggle", () => fit(frame), true);
    frame.contentDocument?.addEventListener("load", () => fit(frame), true);
  };
  frame.addEventListener("load", watch);
  if (frame.contentDocument?.readyState === "complete") watch();
  new ResizeObserver(() => fit(frame)).observe(frame.parentElement);
}

const bindAll = (root) => root.querySelectorAll("[data-mailframe]").forEach(bind);

bindAll(document);
document.addEventListener("musubi:arrived", (event) => setTimeout(() => bindAll(event.detail)));
document.addEventListener("htmx:load", (event) => bindAll(event.target));
