/* What an open page keeps while somebody works on it: its right to post, which another sign-in
   renews. Where the session has ended, what was typed stays, under a dialog that leads to the
   sign-in in another tab; back here, the same press works. */

const EVERY = 10_000;
const dialog = document.getElementById("signed-out");

async function ask(refused = false) {
  if (document.hidden) return;
  try {
    const answer = await fetch(dialog.dataset.pulse, { cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect" && refused) show();
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // offline: asked again in a while
  }
}

function take(page) {
  const { token } = page.querySelector("[data-token]").dataset;
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  if (dialog.open) dialog.close();
  for (const line of document.querySelectorAll("[data-status], [role=alert] > p")) {
    if (line.textContent === dialog.dataset.said) line.textContent = "";
  }
}

const show = () => dialog.open || dialog.showModal();

/* "login" is what the server answers to a request of htmx without a session; 403, to a token of
   another one. */
document.addEventListener("login", show);
document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status === 403 && ask(true));

document.addEventListener("visibilitychange", () => ask());
addEventListener("focus", () => ask());
setInterval(ask, EVERY);
