// What judge.py asks of a page that shows letters, on our own page and in frames, one step a call.
(step) => {
  const ACTING =
    "script, iframe, frame, object, embed, form, input, button, select, textarea, base, meta, link," +
    " style, svg, math, video, audio, source, template, noscript, map, area";
  const PRESSED = "a, button, label, input, summary, text, [onclick]";
  const LOADING = ["srcset", "background", "ping", "formaction"];
  const LEADS = /^(?:https?:|mailto:|tel:|data:image\/|\/attachments\/\d+\/inline\/)/i;

  const frames = () => [...document.querySelectorAll("iframe")];
  const inside = (frame) => frame.contentDocument; // null for one that was led away
  const onOurPage = () => [...document.querySelectorAll(".mailtext")];

  const active = (node) =>
    node.matches(ACTING) ||
    [...node.attributes].some(
      ({ name, value }) =>
        name.startsWith("on") ||
        LOADING.includes(name) ||
        (["href", "src"].includes(name) && !LEADS.test(value)),
    );
  const over = (node) =>
    ["fixed", "absolute", "sticky"].includes(
      node.ownerDocument.defaultView.getComputedStyle(node).position,
    );
  const outside = (box) => (node) => {
    const its = node.getBoundingClientRect();
    if (!its.width || !its.height) return false;
    const across = its.left < box.left - 1 || its.right > box.right + 1;
    return across || its.top < box.top - 1 || its.bottom > box.bottom + 1;
  };

  const letter = (place, framed) => {
    if (!place) return { html: "", active: ["a frame that was led away"], over: [] };
    const ours = (node) => node.closest(".quoted > summary"); // the button that unfolds a quotation
    const all = [...place.querySelectorAll("*")].filter((node) => !ours(node));
    if (framed) all.push(...place.ownerDocument.head.querySelectorAll("script, base, link"));
    const named = (test) => all.filter(test).map((node) => node.outerHTML.slice(0, 200));
    const beyond = framed ? [] : named(outside(place.getBoundingClientRect())); // a frame clips
    const html = framed ? place.innerHTML : "";
    return { html, active: named(active), over: [...named(over), ...beyond] };
  };

  const steps = {
    fetched: () => !document.querySelector(".msg > a.msg__head, .htmx-request"),
    open: () => {
      for (const folded of document.querySelectorAll("details.msg, details.original")) {
        folded.open = true;
      }
      for (const frame of frames()) frame.loading = "eager";
    },
    ready: () =>
      frames()
        .map(inside)
        .every((page) => !page || (page.readyState === "complete" && page.URL !== "about:blank")),
    letters: () => [
      ...onOurPage().map((place) => letter(place, false)),
      ...frames().map((frame) => letter(inside(frame)?.body, true)),
    ],
    // Whatever was begun so far has asked its server before these come back, one after the other.
    settled: async () => {
      for (let trip = 0; trip < 3; trip += 1) {
        await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
        await fetch("/inbox/arrivals/");
      }
    },
    press: () => {
      for (const place of [...onOurPage(), ...frames().map(inside)]) {
        for (const node of place?.querySelectorAll(PRESSED) ?? []) {
          node.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
        }
      }
    },
  };
  return steps[step]();
}
