"""A folder full of mail that is always the same, and how it gets into Dovecot quickly.

A letter carries what letters carry: some two kilobytes of header, a chain of references in almost
every second one. `ANSWERS` of a folder answer an e-mail that the CRM knows, a quarter of these only
deep in their References.
"""

import hashlib
import random
import socket
from collections.abc import Iterator

ANSWERS = 200
KNOWN = 50
_WORDS = ["offer", "invoice", "meeting", "budget", "renewal", "price", "quote", "order", "review"]
_AT_ONCE = 2_000


def known_id(number: int) -> str:
    return f"crm{_hash('known', number)}@mail.crm.test"


def other_id(number: int) -> str:
    """An id that the CRM knows too, from other mailboxes than the one that is looked at."""
    return f"{_hash('other', number)}@elsewhere.test"


def answers_at(size: int) -> frozenset[int]:
    return frozenset(random.Random(1).sample(range(size), min(ANSWERS, size // 4)))


def letters(size: int, body: int = 1_000) -> Iterator[bytes]:
    answers = answers_at(size)
    return (_letter(number, body, answers=number in answers) for number in range(size))


def answer(number: int) -> bytes:
    """One more answer, that no folder has yet."""
    return _letter(10_000_000 + number, 3_000, answers=True)


def fill(port: int, user: str, folder: str, messages: Iterator[bytes], size: int) -> None:
    """By MULTIAPPEND, thousands a command (RFC 3502)."""
    with socket.create_connection(("127.0.0.1", port)) as sock, sock.makefile("rb") as lines:
        sock.sendall(f'a LOGIN "{user}" "secret"\r\n'.encode())
        _await(lines, b"a ")
        for start in range(0, size, _AT_ONCE):
            sock.sendall(f"b APPEND {folder}".encode())
            for _number, raw in zip(
                range(start, min(size, start + _AT_ONCE)), messages, strict=False
            ):
                sock.sendall(b" {%d+}\r\n" % len(raw) + raw)
            sock.sendall(b"\r\n")
            _await(lines, b"b ")


def _await(lines: Iterator[bytes], tag: bytes) -> None:
    for line in lines:
        if line.startswith(tag):
            if b" OK" not in line[:8]:
                raise RuntimeError(line)
            return


def _letter(number: int, body: int, *, answers: bool) -> bytes:
    rare = random.Random(number)
    named = _references(number, rare, answers=answers)
    text = " ".join(rare.choices(_WORDS, k=12)).encode() + b"\r\n"
    received = "".join(
        f"Received: from mx{hop}.customer.test (mx{hop}.customer.test [192.0.2.{hop}])\r\n"
        f"\tby mx.example.test with ESMTPS id {_hash('hop', number * 9 + hop)}\r\n"
        f"\tfor <owner@example.test>; Mon, 23 Nov 2026 10:00:00 +0100\r\n"
        for hop in range(rare.randrange(2, 6))
    )
    refs = f"In-Reply-To: {named[-1]}\r\nReferences: {_folded(named)}\r\n" if named else ""
    head = (
        f"Return-Path: <bounce-{number}@customer.test>\r\n{received}"
        f"DKIM-Signature: v=1; a=rsa-sha256; d=customer.test; b={_hash('sign', number) * 8}\r\n"
        f"From: Customer {number % 977} <customer{number % 977}@customer.test>\r\n"
        f"To: Owner <owner@example.test>\r\nSubject: {' '.join(rare.choices(_WORDS, k=5))}\r\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nMessage-ID: {_own(number)}\r\n{refs}"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return head.encode() + text * (1 + body // len(text))


def _references(number: int, rare: random.Random, *, answers: bool) -> list[str]:
    if answers:
        ours = f"<{known_id(rare.randrange(KNOWN))}>"
        return [ours] if rare.random() < 0.75 else [ours, f"<{_hash('deep', number)}@x.test>"]
    if number < 50 or rare.random() > 0.45:
        return []
    depth = min(1 + int(rare.expovariate(0.5)), 10)
    # to letters that are not in the folder, or every talk would grow into one of ours
    earlier = [number - rare.randrange(1, 50) * (depth - step) for step in range(depth)]
    return [f"<{_hash('earlier', each)}.{each}@customer.test>" for each in earlier]


def _own(number: int) -> str:
    return f"<{_hash('own', number)}.{number}@customer.test>"


def _folded(ids: list[str]) -> str:
    return "\r\n ".join(ids)


def _hash(kind: str, number: int) -> str:
    return hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest()[:20]
