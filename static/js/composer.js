/* The composer: Ctrl+Enter sends, with Shift it is done as well (never while a Japanese word is being
   composed), Cc and Bcc fold away until wanted, the signature is that of the mailbox, and Send works
   once. Escape and Close put it away: the draft stays. Notes and tasks have nothing to put away. What
   else it can do is in the modules that its form names; they are loaded when one opens. */

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("[data-composer]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(event.shiftKey ? form.querySelector("[name=send][value=done]") : null);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
  if (event.defaultPrevented && !event.target.closest(".ProseMirror")) return; // the editor takes any
  if (document.querySelector(":popover-open, dialog[open]")) return;
  event.target.closest("[data-composer]")?.querySelector("[data-puts-away]")?.click();
});

/* It is saved, and the page stands there as it was before: with the draft to go on with. */
document.addEventListener("click", async (event) => {
  const close = event.target.closest("[data-puts-away]");
  if (!close || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const form = close.closest("[data-composer]");
  event.preventDefault();
  const saved = [];
  form.dispatchEvent(new CustomEvent("musubi:closing", { detail: saved }));
  await Promise.allSettled(saved);
  if (form.closest(".formpage")) location.assign(close.href);
  else location.reload();
});

/* Before htmx hears of it: a second press goes nowhere. */
document.addEventListener("submit", once, { capture: true });

function once(event) {
  if (!event.target.matches("[data-composer]")) return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  event.target.dataset.sent = "yes";
  for (const button of event.target.querySelectorAll("[type=submit]")) button.ariaBusy = "true";
}

addEventListener("pageshow", () => document.querySelectorAll("[data-composer]").forEach(release));

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[type=submit]")) button.removeAttribute("aria-busy");
}

/* No answer, or one that is none: it says so, and what was typed stays. */
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches("form[data-composer]") || event.detail.successful) return;
  if (event.detail.xhr.status === 422) return;
  release(form);
  const signedOut = [401, 403].includes(event.detail.xhr.status);
  const status = form.querySelector("[data-status]");
  status.textContent = signedOut ? document.getElementById("signed-out").dataset.said : form.dataset.failed;
  status.toggleAttribute("data-long", true);
});

/* Something is still on its way: Send is pressed again when that is done. */
document.addEventListener("musubi:held", (event) => release(event.target));

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-composer]");
  if (event.target.name !== "mailbox" || !form) return;
  for (const each of form.querySelectorAll("[data-signature]")) {
    each.hidden = each.dataset.signature !== event.target.value.split(" ")[0];
  }
});

function fold(form) {
  for (const row of form.querySelectorAll("[data-optional-row]")) {
    const input = row.querySelector("input");
    const button = form.querySelector(`[data-shows="${row.id}"]`);
    if (input.value || input.ariaInvalid === "true") continue;
    row.hidden = true;
    button.hidden = false;
    button.addEventListener("click", () => {
      row.hidden = false;
      button.hidden = true;
      input.focus();
    });
  }
}

function begin(form) {
  fold(form);
  parts(form);
}

const parts = (form) => (form.dataset.needs?.split(" ") ?? []).map((url) => import(url).then((module) => module.start?.(form)));

/* Into sight; why it was not sent as soon as the editor has its height, clear of the foot. */
async function come(form) {
  form.scrollIntoView({ block: "nearest" });
  await Promise.allSettled(parts(form));
  form.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
}

const start = (root) => root.querySelectorAll("[data-composer]").forEach(begin);
start(document);
document.addEventListener("htmx:load", (event) => {
  start(event.target.parentElement ?? event.target);
  if (event.target.matches("[data-composer]")) come(event.target);
});
document.addEventListener("musubi:arrived", (event) => start(event.detail));
