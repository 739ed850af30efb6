"""A form of a page as a browser without scripts would post it."""

from typing import Any

from django.test import Client
from selectolax.lexbor import LexborHTMLParser, LexborNode


def form_of(client: Client, path: str, html: str = "", *, css: str = "form.formpage") -> Any:
    """What the form at `path` (or in `html`, as it was answered) holds, field by field."""
    page = LexborHTMLParser(html or client.get(path).content.decode())
    held: dict[str, Any] = {}
    for control in page.css(f"{css} input, {css} select, {css} textarea"):
        name, value = control.attributes.get("name"), _value(control)
        if name and value is not None:
            held.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in held.items()}


def _value(control: LexborNode) -> str | None:
    """None where a browser sends nothing."""
    kept = control.attributes
    if control.tag == "textarea":
        return control.text()
    if control.tag == "select":
        chosen = control.css_first("option[selected]") or control.css_first("option")
        return (chosen.attributes.get("value") or "") if chosen else None
    if kept.get("type") in ("checkbox", "radio") and "checked" not in kept:
        return None
    return kept.get("value") or ""
