/* The command palette: arrows choose, Enter goes there, Ctrl+Enter in a new tab. */

const palette = document.getElementById("palette");
const input = palette?.querySelector("input");
const options = () => [...palette.querySelectorAll("[role=option][data-href]")];

palette?.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const all = options();
    const now = all.findIndex((option) => option.ariaSelected === "true");
    choose(all[(now + step + all.length) % all.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    go(options().find((option) => option.ariaSelected === "true"), event.ctrlKey || event.metaKey);
  }
});

palette?.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option][data-href]");
  if (option) go(option, event.ctrlKey || event.metaKey);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (palette?.contains(event.target)) choose(options()[0]);
});

function choose(option) {
  if (!option) return;
  for (const other of options()) other.ariaSelected = String(other === option);
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function go(option, inNewTab) {
  if (!option) return;
  if (inNewTab) open(option.dataset.href, "_blank", "noopener");
  else location.assign(option.dataset.href);
}
