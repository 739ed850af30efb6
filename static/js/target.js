/* A link to something that is folded (#note, or data-unfolds="note") unfolds it and goes to its
   first field. Esc folds it again, if nothing was typed there, and goes back to the link. */

let opener = null;

function unfold(target) {
  if (!(target instanceof HTMLDetailsElement) || !target.parentElement.checkVisibility()) return false;
  target.open = true;
  target.querySelector("textarea, input:not([type=hidden])")?.focus();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-unfolds]");
  if (!link || event.ctrlKey || event.metaKey) return;
  if (!unfold(document.getElementById(link.dataset.unfolds))) return;
  event.preventDefault();
  opener = link;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
  const box = event.target.closest("details[open]");
  const field = box?.querySelector("textarea, input:not([type=hidden])");
  if (!opener || box?.id !== opener.dataset.unfolds || field.value) return;
  box.open = false;
  opener.focus();
});

const named = () => unfold(document.getElementById(location.hash.slice(1)));
named();
addEventListener("hashchange", named);
