/* Files go to the server when they are chosen, dropped or pasted, one bar of progress each. A picture
   that is dropped or pasted into the text stands there. */

const states = new WeakSet();
const waiting = new WeakMap(); // forms that were sent while a file was on its way
const holds = (transfer) => [...(transfer?.types ?? [])].includes("Files");

export function start(form) {
  if (states.has(form)) return;
  states.add(form);
  form.querySelector("input[type=file]").addEventListener("change", (event) => {
    const input = event.target;
    for (const file of input.files) upload(form, file);
    input.value = "";
  });
  form.addEventListener("dragover", (event) => {
    if (!holds(event.dataTransfer)) return;
    event.preventDefault();
    form.dataset.dropping = "yes";
  });
  form.addEventListener("dragleave", () => delete form.dataset.dropping);
  form.addEventListener("drop", (event) => take(form, event, event.dataTransfer), { capture: true });
  form.addEventListener("paste", (event) => take(form, event, event.clipboardData), { capture: true });
  form.addEventListener("submit", (event) => wait(form, event), { capture: true });
}

/* A table from a spreadsheet is pasted as text and as its picture: then the text is meant. */
function take(form, event, transfer) {
  delete form.dataset.dropping;
  if (!holds(transfer) || [...transfer.types].includes("text/plain")) return;
  event.preventDefault();
  event.stopPropagation();
  const inText = form.editor && event.target.closest("[data-rich]");
  for (const file of transfer.files) upload(form, file, inText && file.type.startsWith("image/"));
}

function upload(form, file, inline = false) {
  const row = bar(file);
  form.querySelector("[data-files]").append(row);
  const body = new FormData(form); // it may be the first that the server hears of this draft
  body.delete("attachments");
  body.set("do", "upload");
  if (inline) body.set("inline", "yes");
  body.set("file", file, file.name || "image.png");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", ({ loaded, total }) => (row.querySelector("progress").value = loaded / total));
  request.addEventListener("loadend", () => settle(form, row, file, request));
  request.send(body);
}

function settle(form, row, file, request) {
  let answer = null;
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // No answer, or one that is none of ours.
  }
  if (request.status === 200 && answer?.src) {
    row.remove();
    form.dispatchEvent(new CustomEvent("musubi:insert", { detail: { src: answer.src, alt: file.name } }));
  } else if (request.status === 200 && answer?.html) {
    row.outerHTML = answer.html;
    form.dispatchEvent(new Event("input", { bubbles: true }));
  } else {
    row.remove();
    waiting.delete(form); // somebody is to see that it is not there
    const status = form.querySelector("[data-status]");
    status.textContent = `${file.name}: ${answer?.said ?? status.dataset.notUploaded}`;
  }
  if (!waiting.has(form) || form.querySelector("[data-underway]")) return;
  const by = waiting.get(form);
  waiting.delete(form);
  form.requestSubmit(by);
}

function bar(file) {
  const row = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { className: "truncate", textContent: file.name });
  const progress = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  progress.setAttribute("aria-label", file.name);
  const token = Object.assign(document.createElement("span"), { className: "token token--file" });
  token.append(name, progress);
  row.append(token);
  row.dataset.underway = "yes";
  return row;
}

/* Nothing leaves without the file that is still on its way; then it leaves by itself. */
function wait(form, event) {
  if (!form.querySelector("[data-underway]") || event.submitter?.matches("[data-discards]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.dispatchEvent(new CustomEvent("musubi:held", { bubbles: true }));
  waiting.set(form, event.submitter);
  const status = form.querySelector("[data-status]");
  status.textContent = status.dataset.uploading;
}
