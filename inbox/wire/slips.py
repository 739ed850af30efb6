"""Wire: a few header fields of very many messages, handed over while the rest is still coming.

An answer of exactly the shape that was asked for is cut out of what has come by its length; any
other is read like every answer, and passed over where it is about something else. Answers whose
fields are plain (`mime/slips.py`) stay together as they came.
"""

import re
from collections.abc import Iterator

from inbox.mime.slips import SHAPE, Sheet
from inbox.wire.client import Client
from inbox.wire.faults import ProtocolFault
from inbox.wire.responses import Response, fetched, number

AT_ONCE = 2_000  # messages
_BEGINNING = (
    rb"\* \d{1,10}+ FETCH \(UID (\d{1,10}+) BODY\[HEADER\.FIELDS \([^)\r\n]*+\)\] "
    rb"\{(\d{1,9}+)\}\r\n"
)
_ANSWER = re.compile(_BEGINNING)
_PLAIN_ANSWER = re.compile(_BEGINNING + rb"(" + SHAPE + rb")\)\r\n")
_END = b")\r\n"


def fetch_slips(client: Client, uids: range, fields: str) -> Iterator[list[Sheet]]:
    """By one command, some at a time. Until the last have been taken nothing else can be asked;
    who leaves before closes the connection."""
    item = f"(UID BODY.PEEK[HEADER.FIELDS ({fields.upper()})])".encode()
    sheets: list[Sheet] = []
    most, held = 2 * len(uids), 0
    try:
        tag = client.say(b"UID", b"FETCH", f"{uids[0]}:{uids[-1]}".encode(), item)
        while not client.ends(tag, response := client.read_response()):
            client.note(response)
            came = [*_of_another_shape(response), *_at_hand(client)]
            sheets += came
            held += sum(len(sheet.uids) for sheet in came)
            if held >= AT_ONCE:
                yield sheets
                most, held, sheets = most - held, 0, []
            if most < 0:
                raise ProtocolFault("too_many")
        yield sheets
    except BaseException:
        client.close()  # the next answer would be taken for another question's
        raise


def _of_another_shape(response: Response) -> Iterator[Sheet]:
    """The first answer of all comes this way, and each that was not here in whole."""
    if b" FETCH " not in response.line[:40].upper():
        return
    said = fetched(response)
    raw = next((v for k, v in said.items() if k.startswith(b"BODY[HEADER")), None)
    uid = said.get(b"UID")
    if uid and raw is not None:
        yield _alone(number(uid), raw)


def _at_hand(client: Client) -> Iterator[Sheet]:
    """The answers of the expected shape that are here in whole, taken out of the stream."""
    data = client.stream.at_hand()
    at = 0
    uids: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    match, others = _PLAIN_ANSWER.match, []
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
        others.append(_alone(int(other[1]), data[other.end() : end]))
        at = end + 3
    client.stream.skip(at)
    if uids:
        yield Sheet(data[:at], uids, starts, ends, shaped=True)
    yield from others


def _alone(uid: int, raw: bytes) -> Sheet:
    return Sheet(raw, [uid], [0], [len(raw)])
