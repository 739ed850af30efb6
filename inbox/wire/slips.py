"""Wire: a few header fields of very many messages, handed over while the rest is still coming.

An answer of exactly the shape that was asked for is cut out of what has come by its length; any
other is read like every answer, and passed over where it is about something else.
"""

import re
from collections.abc import Iterator

from inbox.wire.client import Client
from inbox.wire.faults import ProtocolFault
from inbox.wire.responses import Response, fetched, number

AT_ONCE = 2_000  # messages
Slip = tuple[int, bytes]  # the UID and the fields
_ANSWER = re.compile(
    rb"\* \d+ FETCH \(UID (\d{1,10}) BODY\[HEADER\.FIELDS \([^)\r\n]*\)\] \{(\d{1,9})\}\r\n"
)
_END = b")\r\n"


def fetch_slips(client: Client, uids: range, fields: str) -> Iterator[list[Slip]]:
    """By one command, some at a time. Until the last have been taken nothing else can be asked;
    who leaves before closes the connection."""
    item = f"(UID BODY.PEEK[HEADER.FIELDS ({fields.upper()})])".encode()
    slips: list[Slip] = []
    most = 2 * len(uids)
    try:
        tag = client.say(b"UID", b"FETCH", f"{uids[0]}:{uids[-1]}".encode(), item)
        while not client.ends(tag, response := client.read_response()):
            client.note(response)
            slips += _of_another_shape(response) + _at_hand(client)
            if len(slips) >= AT_ONCE:
                yield slips
                most, slips = most - len(slips), []
            if most < 0:
                raise ProtocolFault("too_many")
        yield slips
    except BaseException:
        client.close()  # the next answer would be taken for another question's
        raise


def _of_another_shape(response: Response) -> list[Slip]:
    """The first answer of all comes this way, and each that was not here in whole."""
    if b" FETCH " not in response.line[:40].upper():
        return []
    said = fetched(response)
    raw = next((v for k, v in said.items() if k.startswith(b"BODY[HEADER")), None)
    uid = said.get(b"UID")
    return [(number(uid), raw)] if uid and raw is not None else []


def _at_hand(client: Client) -> list[Slip]:
    """The answers of the expected shape that are here in whole, taken out of the stream."""
    data, at = client.stream.at_hand(), 0
    found = []
    while answer := _ANSWER.match(data, at):
        start = answer.end()
        end = start + int(answer[2])
        if data[end : end + 3] != _END:
            break
        found.append((int(answer[1]), data[start:end]))
        at = end + 3
    client.stream.skip(at)
    return found
