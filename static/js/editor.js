/* Editing a value in place: Esc gives up, "Saved" stays for 2 s, and a save without an answer says
   so and keeps what was typed. Enter saves by itself, being in a form; while a word is composed
   (IME) it belongs to the word. */

const SHOWN = 2000;

document.addEventListener(
  "keydown",
  (event) => {
    const editor = event.target.closest("[data-editor]");
    if (!editor) return;
    if (event.isComposing || event.keyCode === 229) {
      if (event.key === "Enter") event.stopPropagation();
    } else if (event.key === "Escape") {
      event.preventDefault();
      editor.querySelector("[data-cancels]").click();
    }
  },
  { capture: true },
);

/* The text of an editor is chosen whole, so that typing replaces it. */
document.addEventListener("htmx:load", (event) => {
  event.target.querySelector?.("[data-editor] input[type=text]")?.select();
  for (const said of event.target.querySelectorAll?.("[data-fades]") ?? []) {
    setTimeout(() => said.remove(), SHOWN);
  }
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    const editor = event.detail.elt.closest("[data-editor]");
    if (!editor) return;
    const said = document.createElement("p");
    const signedOut = [401, 403].includes(event.detail.xhr?.status);
    said.textContent = signedOut ? document.getElementById("signed-out").dataset.said : editor.dataset.failed;
    editor.querySelector("[role=alert]").replaceChildren(said);
    editor.querySelector("input:not([type=hidden]), select")?.focus();
  });
}
