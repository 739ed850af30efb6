"""Addresses as mail servers without SMTPUTF8 take them: the domain in ASCII. RFC 5890, 6531.

By IDNA 2008 with the mapping of UTS 46, as browsers do it; Python's own codec is IDNA 2003, which
writes `straße.example` to the owner of `strasse.example`.
"""

import idna


def in_ascii(address: str) -> str:
    """With its domain in ASCII where there is such a spelling, else as it is.

    >>> in_ascii("anna@bücher.example")
    'anna@xn--bcher-kva.example'
    """
    local, at, domain = address.rpartition("@")
    if not at or domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return address


def needs_smtputf8(address: str) -> bool:
    """Whether only a server with SMTPUTF8 can take it: its local part has no spelling in ASCII."""
    return not in_ascii(address).isascii()
