/* The editor of a composer: Tiptap, as django-prose-editor ships it, loaded when a composer opens.
   What it writes goes into the form's `html`; `rich` says that it was there. Without it, or until it
   has come, the textarea does. Other parts put something in with a `musubi:insert` event on the form:
   its detail has `html`, or `text`, or a picture's `src` and `alt`. */

const EXTENSIONS = "Document Paragraph Text HardBreak Bold Italic Underline Strike BulletList OrderedList ListItem Blockquote History";
const BLOCKS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  bulletList: (chain) => chain.toggleBulletList(),
  orderedList: (chain) => chain.toggleOrderedList(),
  blockquote: (chain) => chain.toggleBlockquote(),
};

export async function start(form) {
  const kit = await import(form.dataset.kit);
  const text = form.elements.text;
  if (form.editor || !form.isConnected) return;
  const typed = text.value !== text.defaultValue;
  const focused = document.activeElement === text;
  const html = form.elements.html.value;
  form.editor = new kit.Editor({
    element: form.querySelector("[data-rich]"),
    extensions: extensions(kit),
    content: html && !typed ? html : paragraphs(text.value),
    injectCSS: false,
    editorProps: properties(labelled(text)),
    onUpdate: () => write(form),
    onTransaction: () => show(form),
  });
  form.elements.rich.value = "yes";
  text.hidden = true;
  if (focused) focus(form.editor, typed || html ? "end" : "start");
  form.querySelector("[data-formats]").hidden = false;
  if (!html || typed) write(form, { quietly: !typed });
  form.addEventListener("musubi:insert", (event) => insert(form.editor, event.detail));
  form.addEventListener("musubi:set", () => form.editor.commands.setContent(form.elements.html.value));
  bind(form);
}

/* At once, not with the next frame: the next key is already the letter's. */
function focus(editor, place) {
  editor.commands.setTextSelection(place === "end" ? editor.state.doc.content.size : 0);
  editor.view.focus();
}

function extensions(kit) {
  const plain = EXTENSIONS.split(" ").map((name) => kit[name]);
  const link = kit.Link.configure({ openOnClick: false, autolink: true, HTMLAttributes: { target: null, rel: null } });
  return [...plain, link, kit.Image.configure({ inline: true })];
}

/* The name of the field goes over to the editor. */
function labelled(text) {
  const label = text.labels[0];
  label.id = `${text.id}_label`;
  label.removeAttribute("for");
  return { "aria-labelledby": label.id, ...(text.ariaInvalid === "true" && { "aria-invalid": "true" }) };
}

function properties(named) {
  return {
    attributes: { role: "textbox", "aria-multiline": "true", ...named },
    // Ctrl+Enter sends; it breaks no line before.
    handleKeyDown: (view, event) => event.key === "Enter" && (event.ctrlKey || event.metaKey),
    // A picture from elsewhere would be asked for by every reader.
    transformPastedHTML: (html) => html.replace(/<img\b[^>]*>/gi, (tag) => (/src="\/drafts\/files\/\d+\/"/.test(tag) ? tag : "")),
  };
}

/* Plain text as the server makes paragraphs of it: an empty line parts two. */
function paragraphs(text) {
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return escaped.split(/\n[ \t]*\n/).map((part) => `<p>${part.replace(/\n/g, "<br>")}</p>`).join("");
}

function write(form, { quietly = false } = {}) {
  form.elements.html.value = form.editor.getHTML();
  if (!quietly) form.elements.html.dispatchEvent(new Event("input", { bubbles: true }));
}

function insert(editor, { html, text, src, alt }) {
  const chain = editor.chain().focus();
  if (src) chain.setImage({ src, alt }).run();
  else chain.insertContent(html ?? paragraphs(text)).run();
}

/* --- the formats --- */

function show(form) {
  for (const button of form.querySelectorAll("[data-format]")) {
    button.ariaPressed = String(form.editor?.isActive(button.dataset.format) ?? false);
  }
}

function bind(form) {
  const line = form.querySelector("[data-link]");
  const address = line.querySelector("input");
  form.querySelector("[data-formats]").addEventListener("click", (event) => {
    const format = event.target.closest("[data-format]")?.dataset.format;
    if (!format) return;
    if (format !== "link") BLOCKS[format](form.editor.chain().focus()).run();
    else if (form.editor.isActive("link")) form.editor.chain().focus().extendMarkRange("link").unsetLink().run();
    else ask(line, address);
  });
  const set = () => {
    setLink(form.editor, address.value.trim());
    line.hidden = true;
  };
  line.querySelector("[data-sets-link]").addEventListener("click", set);
  address.addEventListener("input", (event) => event.stopPropagation()); // no part of the letter
  address.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") set();
    else line.hidden = true;
    form.editor.commands.focus();
  });
}

function ask(line, address) {
  line.hidden = false;
  address.value = "";
  address.focus();
}

function setLink(editor, typed) {
  if (!typed) return;
  const href = /^(https?:|mailto:|tel:)/i.test(typed) ? typed : typed.includes("@") ? `mailto:${typed}` : `https://${typed}`;
  const chain = editor.chain().focus();
  if (editor.state.selection.empty) chain.insertContent({ type: "text", text: typed, marks: [{ type: "link", attrs: { href } }] }).run();
  else chain.setLink({ href }).run();
}
