"""Readers that are not ours: Python's `email`, a parser in Rust, and Dovecot by IMAP.

Each gives a `Read`, so that they can be compared with what was written and with each other.
"""

import base64
import email
import email.policy
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses
from typing import Any

import fast_mail_parser
from imapclient import IMAPClient

Person = tuple[str, str]  # name, address


@dataclass(frozen=True)
class Leaf:
    kind: str
    name: str
    content_id: str
    disposition: str
    content: bytes


@dataclass(frozen=True)
class Tree:
    """A multipart."""

    kind: str
    parts: "tuple[Tree | Leaf, ...]"


@dataclass(frozen=True)
class Read:
    subject: str
    sender: Person
    to: Sequence[Person]
    cc: Sequence[Person]
    message_id: str
    tree: Tree | Leaf


# --- Python's own -----------------------------------------------------------------------------


def by_python(raw: bytes) -> Read:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]

    older = email.message_from_string(raw.decode())  # RFC 6532: what is not ASCII is UTF-8

    def people(field: str) -> list[Person]:
        """By its older half: the newer one leaves a space between two words of one name."""
        written = [re.sub(r"\r?\n", "", value) for value in older.get_all(field, [])]
        return [(_decoded(name.encode()), address) for name, address in getaddresses(written)]

    subject = str(message["Subject"] or "")
    [sender] = people("From")
    ids = str(message["Message-ID"])
    return Read(subject, sender, people("To"), people("Cc"), ids, _python_tree(message))


def _python_tree(part: Any) -> Tree | Leaf:
    if part.is_multipart():
        return Tree(part.get_content_type(), tuple(map(_python_tree, part.iter_parts())))
    return Leaf(
        part.get_content_type(),
        part.get_filename() or "",
        part.get("Content-ID") or "",
        part.get_content_disposition() or "",
        part.get_payload(decode=True),
    )


# --- in Rust ----------------------------------------------------------------------------------


def by_rust(raw: bytes) -> Read:
    mail = fast_mail_parser.parse_email(raw)
    assert mail.warnings == []

    def people(found: Any) -> list[Person]:
        return [(who.display_name or "", who.address) for who in found]

    [sender] = people([mail.from_])
    [ids] = mail.headers["Message-ID"]
    tree = _rust_tree(fast_mail_parser.parse_email_tree(raw))
    return Read(mail.subject, sender, people(mail.to), people(mail.cc), ids, tree)


def _rust_tree(part: Any) -> Tree | Leaf:
    kind = part.content_type
    if part.content is None:
        return Tree(kind, tuple(map(_rust_tree, part.children)))
    cid, disposition = part.content_id or "", part.disposition or ""
    cid = f"<{cid.strip('<>')}>" if cid else ""
    return Leaf(kind, part.filename or "", cid, disposition, part.content)


# --- Dovecot ----------------------------------------------------------------------------------


def by_dovecot(imap: IMAPClient, uid: int) -> Read:
    """ENVELOPE, BODYSTRUCTURE, and each leaf fetched by its number."""
    answer = imap.fetch([uid], ["ENVELOPE", "BODYSTRUCTURE"])[uid]
    envelope, structure = answer[b"ENVELOPE"], answer[b"BODYSTRUCTURE"]
    numbers = [number for number, _leaf in _numbered(structure, "")]
    wanted = [f"BODY.PEEK[{number}]" for number in numbers]
    found = imap.fetch([uid], wanted)[uid]
    bodies = {number: found[f"BODY[{number}]".encode()] for number in numbers}
    [sender] = _envelope_people(envelope.from_)
    return Read(
        _decoded(envelope.subject or b""),
        sender,
        _envelope_people(envelope.to),
        _envelope_people(envelope.cc),
        envelope.message_id.decode(),
        _dovecot_tree(structure, "", bodies),
    )


def _numbered(part: Any, number: str) -> Iterator[tuple[str, Any]]:
    """RFC 3501, 6.4.5: the parts of a multipart are 1, 2 …, of the second of them 2.1, 2.2 …"""
    if not part.is_multipart:
        yield number or "1", part
        return
    for place, inner in enumerate(part[0], 1):
        yield from _numbered(inner, f"{number}.{place}".lstrip("."))


def _dovecot_tree(part: Any, number: str, bodies: dict[str, bytes]) -> Tree | Leaf:
    if part.is_multipart:
        inner = (
            _dovecot_tree(each, f"{number}.{place}".lstrip("."), bodies)
            for place, each in enumerate(part[0], 1)
        )
        return Tree(f"multipart/{part[1].decode().lower()}", tuple(inner))
    kind, subtype, _parameters, cid, _description, encoding, size = part[:7]
    body = bodies[number or "1"]
    assert len(body) == size
    rest = part[9:] if kind.lower() == b"text" else part[8:]  # after the lines; after the MD5
    disposition, parameters = rest[0] if rest and rest[0] else (b"", None)
    return Leaf(
        f"{kind.decode()}/{subtype.decode()}".lower(),
        _file_name(parameters),
        (cid or b"").decode(),
        disposition.decode().lower(),
        _unpacked(body, encoding.decode().lower()),
    )


def _file_name(parameters: Any) -> str:
    """As RFC 2231 spells it; Dovecot hands on what stands in the header."""
    part = Message()
    pairs = zip(parameters[::2], parameters[1::2], strict=True) if parameters else ()
    for key, value in pairs:
        text = value.decode().replace("\\", "\\\\").replace('"', '\\"')
        written = text if key.endswith(b"*") else f'"{text}"'
        fields = part["Content-Disposition"] or "attachment"
        del part["Content-Disposition"]
        part["Content-Disposition"] = f"{fields}; {key.decode()}={written}"
    return part.get_filename() or ""


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.b64decode(body, validate=False)
    return quopri.decodestring(body) if encoding == "quoted-printable" else body


def _envelope_people(found: Any) -> list[Person]:
    """RFC 3501 has the local part without the quotes that it may need."""
    people = []
    for who in found or ():
        local = who.mailbox.decode()
        local = f'"{local}"' if " " in local else local
        people.append((_decoded(who.name or b""), f"{local}@{who.host.decode()}"))
    return people


def _decoded(value: bytes) -> str:
    return str(make_header(decode_header(value.decode())))
