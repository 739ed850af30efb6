/* After a form came back with errors, the first wrong field has the focus; where no field is wrong,
   the step that failed. What a widget stands for is aria-hidden: the widget itself says that it is
   invalid, and has the focus. */

const WRONG = "[aria-invalid=true]:not([aria-hidden=true])";

function lead(root) {
  const field = root.querySelector(WRONG) ?? root.querySelector("[data-state=fail]");
  field?.focus();
  if (field?.matches("[data-state=fail]")) field.scrollIntoView({ block: "center" });
}

/* After the browser went to the fragment, which takes the focus away. */
addEventListener("load", () => lead(document));
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422) lead(event.detail.target.isConnected ? event.detail.target : document);
});
