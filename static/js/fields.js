/* The fields of a template: a chip puts one where the cursor is, in the subject or the text, and
   Ctrl+S saves. The preview follows by htmx: a press counts as typing. */

let last = null;

document.addEventListener("focusin", (event) => {
  if (event.target.closest("[data-fields]")?.matches("form") && event.target.matches("[name=subject], textarea[name=text], [data-rich] *")) last = event.target;
});

document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("[data-inserts]");
  if (!chip) return;
  const form = chip.closest("[data-fields]");
  if (form.editor && !(last?.name === "subject" && form.contains(last))) {
    form.dispatchEvent(new CustomEvent("musubi:insert", { detail: { html: chip.dataset.inserts } }));
    return;
  }
  const field = last && form.contains(last) ? last : form.querySelector("textarea[name=text]");
  field.focus();
  field.setRangeText(chip.dataset.inserts, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.altKey || event.shiftKey) return;
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
  const button = document.querySelector("[data-fields] [data-saves]");
  if (!button) return;
  event.preventDefault();
  button.click();
});
