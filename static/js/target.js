/* A link to something that is folded (#note) unfolds it and goes to its first field. */

function unfold() {
  const target = document.getElementById(location.hash.slice(1));
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.querySelector("textarea, input:not([type=hidden])")?.focus();
}

unfold();
addEventListener("hashchange", unfold);
