"""What an entry of a never-log list covers: an address, or a domain and all below. Pure, M11."""

import re
from collections.abc import Collection, Iterable, Iterator

LONGEST = 254
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_LOCAL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}")


def entry(written: str) -> str | None:
    """The form in which an entry is stored, or None for what is neither an address nor a domain.

    >>> entry("@Bücher.example"), entry("Lea@Bank.example"), entry("example")
    ('xn--bcher-kva.example', 'lea@bank.example', None)
    """
    local, at, domain = written.strip().lower().rpartition("@")
    domain = _ascii(domain.removeprefix("*."))
    if not _DOMAIN.fullmatch(domain) or len(local) + len(domain) >= LONGEST:
        return None
    if not at or local in ("", "*"):
        return domain
    return f"{local}@{domain}" if _LOCAL.fullmatch(local) else None


def names_of(address: str) -> Iterator[str]:
    """Every entry that would cover this address.

    >>> list(names_of("Lea@mail.bank.example"))
    ['lea@mail.bank.example', 'mail.bank.example', 'bank.example']
    """
    local, _at, domain = address.lower().rpartition("@")
    domain = _ascii(domain.rstrip("."))
    yield f"{local}@{domain}"
    labels = domain.split(".")[-10:]  # a domain of a hundred labels is nobody's
    yield from (".".join(labels[start:]) for start in range(len(labels) - 1))


def covering(entries: Iterable[str], own: Iterable[str]) -> set[str]:
    """Those that cover the mailbox itself, by its address or an alias."""
    return set(entries).intersection(name for address in own for name in names_of(address))


def covers(entries: Collection[str], people: Iterable[str], own: Collection[str]) -> bool:
    """Whether mail among these people is to be left alone, in a mailbox with the addresses `own`.

    One who is covered is enough. An entry that covers the mailbox itself (the firm's own domain)
    speaks of mail among such addresses alone, or nothing at all would ever be logged.
    """
    others = {person.lower() for person in people} - {address.lower() for address in own}
    inside = covering(entries, own)
    outside = set(entries) - inside
    if any(not outside.isdisjoint(names_of(person)) for person in others):
        return True
    return bool(inside and others) and all(
        not inside.isdisjoint(names_of(person)) for person in others
    )


def _ascii(domain: str) -> str:
    """Bücher.example is xn--bcher-kva.example on the wire; both are the same domain."""
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain
