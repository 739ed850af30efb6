"""Merge fields: `{{ contact.first_name }}` in a template, and what is put in its place (M24).

A pure room. A fallback stands behind a bar: `{{ contact.first_name|"there" }}`. What is put in is
never looked at again, so a contact called `{{ sender.email }}` stays called so; and in HTML it is
escaped, so a company called `<b>` stays a name.
"""

import difflib
import html as html_entities
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

FIELDS = (
    "contact.first_name",
    "contact.family_name",
    "contact.name",
    "contact.email",
    "contact.phone",
    "contact.job_title",
    "company.name",
    "deal.name",
    "deal.amount",
    "deal.stage",
    "deal.close_date",
    "sender.name",
    "sender.email",
    "date.today",
)
# What other programs call them, and what people would: told what it is called here.
OTHER_NAMES = {
    "contact.last_name": "contact.family_name",
    "contact.lastname": "contact.family_name",
    "contact.surname": "contact.family_name",
    "contact.given_name": "contact.first_name",
    "contact.firstname": "contact.first_name",
    "contact.full_name": "contact.name",
    "contact.fullname": "contact.name",
    "contact.company": "company.name",
    "contact.title": "contact.job_title",
    "first_name": "contact.first_name",
    "last_name": "contact.family_name",
    "family_name": "contact.family_name",
    "name": "contact.name",
    "email": "contact.email",
    "company": "company.name",
    "deal.value": "deal.amount",
    "user.name": "sender.name",
    "owner.name": "sender.name",
    "today": "date.today",
}
ROOTS = frozenset(name.partition(".")[0] for name in FIELDS)
LONGEST = 300  # characters of a field with its fallback, inside the braces

# Neither braces nor tags: an unclosed `{{` must not swallow the letter, nor a field an element.
# The quotation marks are those of keyboards and of word processors, in English and Japanese.
_TOKEN = re.compile(r"\{\{([^{}<>]{0,300})\}\}")
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)*")
_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "„": "“", "‘": "’", "「": "」"}
_SPACE = " \t\r\n\u00a0\u3000"
_TAG = re.compile(r"(<[^<>]*>)")
_SPACED = re.compile(r"[A-Za-z0-9À-ɏͰ-ϿЀ-ӿ]")
_BLOCK_QUOTE = re.compile(r"<(/?)blockquote\b[^<>]*>", re.IGNORECASE)
_QUOTED_LINE = re.compile(r"^>.*$", re.MULTILINE)


class Field(NamedTuple):
    """A merge field as it stands in a text: `fallback` is None where none was given."""

    name: str
    fallback: str | None = None

    @property
    def is_known(self) -> bool:
        return self.name in FIELDS

    @property
    def suggestion(self) -> str:
        """The field that was probably meant; "" where nothing is like it."""
        if self.name in OTHER_NAMES:
            return OTHER_NAMES[self.name]
        return next(iter(difflib.get_close_matches(self.name, FIELDS, 1, 0.6)), "")

    def __str__(self) -> str:
        return token(self.name, self.fallback)


class Filled(NamedTuple):
    """A text with its fields filled; those without a value stand in it as they were."""

    text: str
    missing: tuple[str, ...] = ()


def token(name: str, fallback: str | None = None) -> str:
    """`token("contact.first_name") == "{{ contact.first_name }}"`."""
    return f'{{{{ {name}|"{fallback}" }}}}' if fallback is not None else f"{{{{ {name} }}}}"


def parse(text: str) -> list[Field]:
    """The fields of a text or of HTML, each once, in their order; what only looks like one
    (`{{ 1 + 1 }}`) is text.

    >>> parse('Dear {{ contact.first_name|"customer" }},')
    [Field(name='contact.first_name', fallback='customer')]
    """
    found = (_read(match) for match in _TOKEN.finditer(text))
    return list(dict.fromkeys(field for field in found if field))


def unknown(text: str) -> list[Field]:
    """The fields of a template that are none of ours, each with its `suggestion`."""
    return [field for field in parse(text) if not field.is_known]


def is_broken(text: str) -> bool:
    """Whether braces are left that belong to no field: not closed, or with a tag inside."""
    rest = _TOKEN.sub(lambda match: "" if _read(match) else match[0], text)
    return "{{" in rest or "}}" in rest


def replaced(text: str, put: Callable[[Field], str]) -> str:
    """A text with something else in the place of each field."""

    def each(match: re.Match[str]) -> str:
        field = _read(match)
        return put(field) if field else match[0]

    return _TOKEN.sub(each, text)


def generalised(text: str, values: Mapping[str, str]) -> str:
    """The other way round: a text that was written to somebody, with fields where the values
    stand, the longest first. Of a single character only a name with an honorific is one.

    >>> generalised("Dear Ann,", {"contact.first_name": "Ann"})
    'Dear {{ contact.first_name }},'
    """
    names = {value: name for name, value in reversed([*values.items()]) if value.strip()}
    patterns = [_pattern(value) for value in sorted(names, key=len, reverse=True)]
    if not patterns:
        return text
    return re.sub("|".join(patterns), lambda match: token(names[match[0]]), text)


def generalised_html(html: str, values: Mapping[str, str]) -> str:
    """As `generalised`, between the tags of HTML alone."""
    escaped = {name: html_entities.escape(value, quote=False) for name, value in values.items()}
    pieces = _TAG.split(html)
    return "".join(
        piece if place % 2 else generalised(piece, escaped) for place, piece in enumerate(pieces)
    )


def _pattern(value: str) -> str:
    """Whole words in a script that has spaces; elsewhere a name may stand in front of anything."""
    found = re.escape(value)
    if len(value) == 1:
        return f"{found}(?=様|さま|さん|氏|先生)"
    before = r"(?<!\w)" if _SPACED.match(value[0]) else ""
    after = r"(?!\w)" if _SPACED.match(value[-1]) else ""
    return f"{before}{found}{after}"


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Plain text with its fields filled. A value of "" is none: then the fallback is taken.

    >>> fill("Dear {{ contact.name }},", {"contact.name": "Ann Lee"})
    Filled(text='Dear Ann Lee,', missing=())
    """
    return _fill(text, values, str)


def fill_html(html: str, values: Mapping[str, str]) -> Filled:
    """HTML with its fields filled: values and fallbacks are escaped, and their lines broken."""
    return _fill(html, values, _as_html)


def left_over(*texts: str) -> list[str]:
    """The names of the fields of ours that are still in what somebody wrote, in plain text: such a
    letter must not be sent. What it quotes (`> `) is not asked, nor are the braces of a programmer.
    """
    fields = (field for text in texts for field in parse(_QUOTED_LINE.sub("", text)))
    names = (field.name for field in fields)
    return list(dict.fromkeys(name for name in names if name.partition(".")[0] in ROOTS))


def outside_quotes(html: str) -> str:
    """HTML without its block quotes: what somebody wrote above and below the mail they answer."""
    kept, depth, position = list[str](), 0, 0
    for tag in _BLOCK_QUOTE.finditer(html):
        if depth == 0:
            kept.append(html[position : tag.start()])
        depth = max(0, depth - 1) if tag[1] else depth + 1
        position = tag.end()
    return "".join([*kept, html[position:] if depth == 0 else ""])


def _fill(text: str, values: Mapping[str, str], written: Callable[[str], str]) -> Filled:
    missing: dict[str, None] = {}

    def put(match: re.Match[str]) -> str:
        field = _read(match)
        if field is None:
            return match[0]
        value = values.get(field.name, "") or field.fallback
        if value is None:
            missing[field.name] = None
            return match[0]
        return written(value)

    return Filled(_TOKEN.sub(put, text), tuple(missing))


def _read(match: re.Match[str]) -> Field | None:
    """The field between two pairs of braces; editors write its quotation marks as entities."""
    inside = html_entities.unescape(match[1]).strip(_SPACE)
    name, bar, rest = inside.partition("|")
    name = name.strip(_SPACE)
    if not _NAME.fullmatch(name):
        return None
    return Field(name, _unquoted(rest.strip(_SPACE)) if bar else None)


def _unquoted(given: str) -> str:
    """A fallback without its quotation marks; without any it is taken as it is."""
    if len(given) > 1 and _QUOTES.get(given[0]) == given[-1]:
        return given[1:-1]
    return given


def _as_html(value: str) -> str:
    return html_entities.escape(value).replace("\r\n", "\n").replace("\n", "<br>")
