"""Wire: a few header fields of very many messages, handed over while the rest is still coming.

An answer of exactly the shape that was asked for is cut out of what has come by its length; any
other is read like every answer, and passed over where it is about something else. Answers whose
fields are plain (`mime/slips.py`) stay together as they came.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from inbox.mime.slips import Sheet, Slip
from inbox.wire.client import Client
from inbox.wire.faults import ProtocolFault
from inbox.wire.responses import Response, fetched, number

AT_ONCE = 2_000  # messages
PIECE = 128 * 1024  # bytes that are looked through at once, where so many have come
_BEGINNING = (
    rb"\* \d{1,10}+ FETCH \(UID (\d{1,10}+) BODY\[HEADER\.FIELDS \([^)\r\n]*+\)\] "
    rb"\{(\d{1,9}+)\}\r\n"
)
_ANSWER = re.compile(_BEGINNING)
_END = b")\r\n"


def fetch_slips(client: Client, uids: range, slip: Slip) -> Iterator[list[Sheet]]:
    """By one command, some at a time. Until the last have been taken nothing else can be asked;
    who leaves before closes the connection."""
    item = f"(UID BODY.PEEK[HEADER.FIELDS ({slip.fields.upper()})])".encode()
    sheets: list[Sheet] = []
    most, held = 2 * len(uids), 0
    try:
        tag = client.say(b"UID", b"FETCH", f"{uids[0]}:{uids[-1]}".encode(), item)
        for sheet in _heard(client, tag, slip):
            sheets.append(sheet)
            held += len(sheet.uids)
            if held >= AT_ONCE:
                yield sheets
                most, held, sheets = most - held, 0, []
            if most < 0:
                raise ProtocolFault("too_many")
        yield sheets
    except BaseException:
        client.close()  # the next answer would be taken for another question's
        raise


def _heard(client: Client, tag: bytes, slip: Slip) -> Iterator[Sheet]:
    """What has come is cut by the piece; what is then next and was not cut is waited for, or is
    read like every answer."""
    stream = client.stream
    while True:
        stream.drain(PIECE)
        data = stream.at_hand()
        end, sheets = _cut(data, slip)
        stream.skip(end)
        yield from sheets
        begun = _ANSWER.match(data, end)
        size = begun.end() - end + int(begun[2]) + len(_END) if begun else 0
        if size > len(data) - end:
            stream.fill(size)
            continue
        if client.ends(tag, response := client.read_response()):
            return
        client.note(response)
        yield from _of_another_shape(response, slip)


def _of_another_shape(response: Response, slip: Slip) -> Iterator[Sheet]:
    if b" FETCH " not in response.line[:40].upper():
        return
    said = fetched(response)
    raw = next((v for k, v in said.items() if k.startswith(b"BODY[HEADER")), None)
    uid = said.get(b"UID")
    if uid and raw is not None:
        yield _alone(slip, number(uid), raw)


def _cut(data: bytes, slip: Slip) -> tuple[int, list[Sheet]]:
    """The answers that are here in whole, and where they end: those with plain blocks on one
    sheet."""
    match, at = _plain_answer(slip), 0
    uids: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    others: list[Sheet] = []
    while True:
        while answer := match(data, at):
            start, end = answer.span(3)
            if end - start != int(answer[2]):
                break
            uids.append(int(answer[1]))
            starts.append(start)
            ends.append(end)
            at = answer.end()
        other = _ANSWER.match(data, at)
        end = other.end() + int(other[2]) if other else 0
        if other is None or data[end : end + 3] != _END:
            break
        others.append(_alone(slip, int(other[1]), data[other.end() : end]))
        at = end + 3
    sheet = [Sheet(slip, data[:at], uids, starts, ends, shaped=True)] if uids else []
    return at, [*sheet, *others]


@cache
def _plain_answer(slip: Slip) -> Callable[[bytes, int], re.Match[bytes] | None]:
    return re.compile(_BEGINNING + rb"(" + slip.shape + rb")\)\r\n").match


def _alone(slip: Slip, uid: int, raw: bytes) -> Sheet:
    return Sheet(slip, raw, [uid], [0], [len(raw)])
