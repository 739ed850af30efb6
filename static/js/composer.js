/* The composer: Ctrl+Enter sends (never while a Japanese word is being composed), the names of
   chosen files are shown, Cc and Bcc fold away until wanted, and Send works once. */

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("[data-composer]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
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
  const status = form.querySelector("[data-status]");
  status.textContent = form.dataset.failed;
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-composer] input[type=file]")) return;
  const names = [...event.target.files].map((file) => token(file.name));
  event.target.closest("[data-composer]").querySelector("[data-files]").replaceChildren(...names);
});

function token(name) {
  const shown = document.createElement("span");
  shown.className = "token";
  shown.textContent = name;
  return shown;
}

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

/* A reply is written above what it quotes. Who has begun to type stays where they are: the field
   has the focus a moment before this runs. */
function begin(form) {
  for (const module of form.dataset.needs?.split(" ") ?? []) import(module); // not before one writes
  fold(form);
  const text = form.querySelector("textarea[name=text]");
  if (text && text.value === text.defaultValue) text.setSelectionRange(0, 0);
}

const start = (root) => root.querySelectorAll("[data-composer]").forEach(begin);
start(document);
document.addEventListener("htmx:load", (event) => start(event.target.parentElement ?? event.target));
document.addEventListener("musubi:arrived", (event) => start(event.detail));
