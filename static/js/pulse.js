/* What an open page keeps while somebody works on it: the counts of its navigation, and its right to
   post, which another sign-in renews. Where the session has ended, what was typed stays, under a
   dialog that leads to the sign-in in another tab; back here, the same press works. */

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
  for (const news of page.querySelectorAll("[data-count]")) count(news.dataset.count, news.textContent);
  if (dialog.open) dialog.close();
  for (const line of document.querySelectorAll("[data-status], [role=alert] > p")) {
    if (line.textContent === dialog.dataset.said) line.textContent = "";
  }
}

/* None is no number at all. */
function count(href, words) {
  const link = document.querySelector(`.nav a[href="${href}"]`);
  const shown = link?.querySelector(".count");
  if (!link || (shown?.textContent ?? "") === words) return;
  if (!words) return shown.remove();
  if (shown) shown.textContent = words;
  else link.append(Object.assign(document.createElement("span"), { className: "count", textContent: words }));
}

const show = () => dialog.open || dialog.showModal();

/* "login" is what the server answers to a request of htmx without a session; 403, to a token of
   another one. */
document.addEventListener("login", show);
document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status === 403 && ask(true));

document.addEventListener("visibilitychange", () => ask());
addEventListener("focus", () => ask());
setInterval(ask, EVERY);
