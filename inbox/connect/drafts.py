"""What somebody has typed into the wizard, on its way from step to step: sealed (M51).

The page carries it as ciphertext (the keys are those of credentials, M39), so nothing is stored
before the mailbox is confirmed, and the password is not on the page. Only its writer can use it.
"""

import json
from typing import Any

from cryptography.fernet import InvalidToken

from crm.models import User
from inbox.models import Credential

LIFE = 3600  # seconds from step to step


def seal(values: dict[str, Any], by: User) -> str:
    sealed: bytes = _fernet().encrypt(json.dumps({"by": by.pk, "values": values}).encode())
    return sealed.decode()


def opened(sealed: str, by: User) -> dict[str, Any]:
    """What was typed; {} where it was not typed by `by`, or too long ago."""
    try:
        draft = json.loads(_fernet().decrypt(sealed.encode(), ttl=LIFE))
    except (InvalidToken, UnicodeEncodeError):
        return {}
    values: dict[str, Any] = draft["values"] if draft["by"] == by.pk else {}
    return values


def _fernet() -> Any:
    field: Any = Credential._meta.get_field("password")
    return field.fernet
