"""Writes what nobody has given: the generated keys of a first start, into .env (0600).

Existing lines are never touched. A variable in the environment always goes before the file.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

HEADING = """\
# Written once by script/server; .env.example says what else may stand here.
# Keep a copy of the keys: without FERNET_KEYS no stored mailbox password can be read.
"""
# script/server answers plain HTTP; behind a proxy that speaks TLS this becomes true.
PLAIN_HTTP = "HTTPS=false"


def complete(path: Path, environment: Mapping[str, str]) -> list[str]:
    """Adds the keys that neither the environment nor the file has; returns the names it added."""
    text = path.read_text() if path.exists() else ""
    given = {name for name, value in environment.items() if value} | set(values(text))
    missing = [name for name in MAKERS if name not in given]
    if not missing:
        return []
    lines = [f"{name}={MAKERS[name]()}" for name in missing]
    if not text:
        lines = [HEADING.rstrip(), PLAIN_HTTP, *lines]
    elif not text.endswith("\n"):
        lines.insert(0, "")
    _append(path, "\n".join(lines) + "\n")
    return missing


def values(text: str) -> dict[str, str]:
    """What a file gives: NAME=value lines, without comments, quotes and empty values."""
    pairs = (line.removeprefix("export ").partition("=") for line in text.splitlines())
    found = {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    return {name: value for name, value in found.items() if value and name[:1] != "#"}


def _append(path: Path, text: str) -> None:
    # 0600 from the first byte: the mode is given at creation, and mended on a file made by hand.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, 0o600)
        file.write(text)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def _secret() -> str:
    return secrets.token_urlsafe(48)


MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": _secret,
    "FERNET_KEYS": _fernet_key,
    "MESSAGE_ID_KEYS": _secret,
}
