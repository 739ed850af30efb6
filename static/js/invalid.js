/* After a form came back with errors, the first wrong field has the focus; where no field is wrong,
   the step that failed, or what is said of the form as a whole: but not beside a letter, where somebody
   writes on. What a widget stands for is hidden or aria-hidden: the widget itself says that it is
   invalid, and has the focus. */

const WRONG = "[aria-invalid=true]:not([aria-hidden=true])";
const SAID = "[data-state=fail], form:not([hx-post]) [role=alert][tabindex]";

function lead(root) {
  const field = [...root.querySelectorAll(WRONG)].find((each) => each.checkVisibility());
  const said = field ? null : root.querySelector(SAID);
  (field ?? said)?.focus();
  said?.scrollIntoView({ block: "center" });
}

/* After the browser went to the fragment, which takes the focus away. */
addEventListener("load", () => lead(document));
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422) lead(event.detail.target.isConnected ? event.detail.target : document);
});
