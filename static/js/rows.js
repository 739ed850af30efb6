/* J and K go from row to row: the focus moves to the next [data-row], from the one that is open. When a part that holds the
   focus is replaced (a task was done), the row that took its place has the focus. */

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
const focused = () => rows().findIndex((row) => (row.closest("li, tr") ?? row).contains(document.activeElement));
const at = () => (focused() < 0 ? rows().findIndex((row) => row.ariaCurrent) : focused());

document.addEventListener("click", (event) => {
  const does = event.target.closest?.("[data-does]")?.dataset.does;
  if (does === "next-row") go(at() + 1);
  else if (does === "previous-row") go(at() < 0 ? 0 : at() - 1);
});

function go(index) {
  const all = rows();
  const row = all[Math.max(0, Math.min(index, all.length - 1))];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

let left = -1; // where the focus was before the swap

document.addEventListener("htmx:beforeSwap", (event) => {
  left = event.target.contains(document.activeElement) ? focused() : -1; // of a row, not beside one
});

document.addEventListener("htmx:afterSettle", () => {
  if (left >= 0) go(left);
  left = -1;
});
