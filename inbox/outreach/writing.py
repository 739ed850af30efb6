"""A template, written for somebody: its fields filled, what is missing named (M24)."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import nh3

from crm.lib.html import sanitise
from inbox import merge_fields
from inbox.mime.text import text_of_html
from inbox.models import Template
from inbox.models.templates import Prewritten

_SIMPLE = {
    *[
        "p",
        "br",
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "a",
        "ul",
        "ol",
        "li",
        "blockquote",
        "h1",
        "h2",
        "h3",
        "div",
        "span",
    ]
}


@dataclass(frozen=True)
class Written:
    """An e-mail as it would go out; `missing` are the fields that stand in it unfilled."""

    subject: str
    html: str
    text: str
    missing: tuple[str, ...] = ()


def written(template: Template, values: Mapping[str, str]) -> Written:
    """The template with these values (`inbox.outreach.values.values`). Its HTML is sanitised."""
    subject = merge_fields.fill(template.subject, values)
    body = body_of(template, values)
    missing = dict.fromkeys((*subject.missing, *body.missing))
    one_line = " ".join(subject.text.split())
    return Written(one_line, body.html, body.text, tuple(missing))


def body_of(row: Prewritten, values: Mapping[str, str]) -> Written:
    """The body of a template or a snippet, without a subject."""
    html = merge_fields.fill_html(row.html, values)
    text = merge_fields.fill(row.text, values)
    return Written("", sanitise(html.text), text.text, html.missing)


def both_forms(*, html: str = "", text: str = "") -> dict[str, str]:
    """`html` and `text` of a row, whichever of the two was written."""
    if html.strip():
        clean = sanitise(html)
        return {"html": clean, "text": text_of_html(clean)}
    text = text.replace("\r\n", "\n").strip("\n")
    return {"html": html_of_text(text), "text": text}


def html_of_text(text: str) -> str:
    """`html_of_text("Hi\\nAnn\\n\\nBye") == "<p>Hi<br>Ann</p><p>Bye</p>"`."""
    paragraphs = [part for part in text.strip("\n").split("\n\n") if part.strip()]
    return "".join(
        f"<p>{escape(part.strip(chr(10)), quote=False).replace(chr(10), '<br>')}</p>"
        for part in paragraphs
    )


def simple(html: str) -> str:
    """HTML as it may stand in a page of ours: letters, links and lists, without any style."""
    return nh3.clean(
        html, tags=_SIMPLE, attributes={"a": {"href"}}, link_rel="noopener noreferrer nofollow"
    )
