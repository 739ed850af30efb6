"""What a person newly wrote, apart from the mail she answers. M14.

Line by line and in linear time: a regular expression over a whole body is a known way to stop a
server. Nothing is lost: where folding would leave nothing to read, or the answers stand between
the quoted lines, all of it is the reply.
"""

import quotequail

from inbox.mime import quote_marks
from inbox.mime.html_quotes import split_html

__all__ = ["split", "split_html"]

LONGEST_TEXT = 200_000
_MOST_LINES = 5_000
_LONGEST_LINE = 400
_LONGEST_INTRO = 6
_WRAPPED = 60
_TO_THE_END = 10**9
_ENDS = (":", ">", "-", "_")


def split(text: str) -> tuple[str, str]:
    """The new text and the quoted one.

    >>> split("Yes.\\n\\nOn 3 May 2026, Hana wrote:\\n> Shall we?")
    ('Yes.', 'On 3 May 2026, Hana wrote:\\n> Shall we?')
    """
    if len(text) > LONGEST_TEXT:
        return text, ""
    lines = text.split("\n")
    seen = [line.strip()[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
    start, end = _quoted(seen)
    if start is None:
        return text.strip("\n"), ""
    above, quoted, below = lines[:start], lines[start:end], lines[end:]
    reply = "\n\n".join(filter(None, (_tidy(above), _tidy(below))))
    if not reply.strip():
        return text.strip("\n"), ""
    return reply, "\n".join(quoted).strip("\n")


def _quoted(lines: list[str]) -> tuple[int | None, int]:
    """From which line to which the quoted mail goes; it may be answered below."""
    marks = [index for index, line in enumerate(lines) if line.startswith((">", "|>", "&gt;"))]
    for index, line in enumerate(lines[: marks[0]] if marks else lines):
        if quote_marks.forwards(line):
            return None, 0
        if line and quote_marks.separates(lines, index):
            return _with_signature(lines, index), _TO_THE_END
        if line and quote_marks.introduces(lines, index):
            if marks and marks[0] - index < _LONGEST_INTRO:
                return _marked(lines, marks, index)
            return _with_signature(lines, index), _TO_THE_END
    if marks:
        return _marked(lines, marks, quote_marks.intro_before(lines, marks[0]))
    return _by_library("\n".join(lines)), _TO_THE_END


def _marked(lines: list[str], marks: list[int], intro: int) -> tuple[int | None, int]:
    """Lines with `>` and the sentence before them; answers in between keep the whole visible."""
    blocks = _blocks(lines, marks)
    last_start, last_end = blocks[-1]
    below = _full(_above_signature(lines[last_end:]))
    if below and len(blocks) > 1:
        return None, 0
    if len(blocks) > 1:
        intro = quote_marks.intro_before(lines, last_start)
    if below:
        return intro, last_end
    return _with_signature(lines, intro), _TO_THE_END


def _blocks(lines: list[str], marks: list[int]) -> list[tuple[int, int]]:
    """Runs of quoted lines; empty lines, and the rest of a line that was wrapped, belong to one."""
    blocks = [(marks[0], marks[0] + 1)]
    for mark in marks[1:]:
        start, end = blocks[-1]
        between = _full(lines[end:mark])
        wrapped = mark - end == 1 and len(lines[end - 1]) > _WRAPPED
        if not between or wrapped or quote_marks.intro_before(lines, mark) <= end:
            blocks[-1] = (start, mark + 1)
        else:
            blocks.append((mark, mark + 1))
    return blocks


def _by_library(text: str) -> int | None:
    """Sentences in further languages, as quotequail knows them; what is forwarded stays.

    It tries each of its patterns on each line, for milliseconds a letter: so only where one could
    match. They all end with one of these signs."""
    if not any(line.endswith(_ENDS) for line in text.split("\n")):
        return None
    parts: list[tuple[bool, str]] = quotequail.quote(
        text, limit=2 * _MOST_LINES, quote_intro_line=True
    )
    if len(parts) < 2:
        return None
    start = parts[0][1].count("\n") + 1
    first = parts[1][1].lstrip("\n").partition("\n")[0]
    if not parts[0][1] or first.startswith(">") or quote_marks.forwards(first):
        return None
    return start


def _with_signature(lines: list[str], start: int) -> int:
    """`Sent from my iPhone` above a quote is no more the person's words than the quote."""
    index = start
    while index and not lines[index - 1]:
        index -= 1
    return index - 1 if index > 1 and quote_marks.signs(lines[index - 1]) else start


def _above_signature(lines: list[str]) -> list[str]:
    """A signature below a quote (RFC 3676, 4.3) is no answer to it."""
    return lines[: lines.index("--")] if "--" in lines else lines


def _full(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _tidy(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()
