/* Reloads a page that is waiting for something (the first look at a mailbox)
   every few seconds while it is visible, as long as it says that it is not settled. */

const waiting = document.querySelector("[data-reload-every]");
if (waiting) {
  setInterval(() => {
    if (!document.hidden && !document.activeElement?.closest("input, textarea, select")) location.reload();
  }, Number(waiting.dataset.reloadEvery) * 1000);
}
