/* A form that takes a while (the connection test) is sent once, and its button says so. */

for (const form of document.querySelectorAll("[data-once]")) {
  const button = form.querySelector("[type=submit]");
  if (!button) continue;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    button.ariaBusy = "true";
  });
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    button.removeAttribute("aria-busy");
  });
}
