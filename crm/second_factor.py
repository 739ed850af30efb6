"""The second factor at sign-in (ASVS 6.3.3): a code of an app, or a recovery code.

allauth has the pages and the arithmetic (RFC 6238). Here is how its secrets are kept, and what
becomes of one whose phone is lost.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import notices
from crm.models import User
from crm.models.fields import box

COLUMN = "mfa_authenticator.data"
SEALED = frozenset({"secret", "seed"})  # of it ciphertext: of the app, of the recovery codes
log = logging.getLogger(__name__)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets are encrypted by FERNET_KEYS, as the passwords of mailboxes are (M39)."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "This code is not the right one. It changes every 30 seconds and works once: type the "
            "newest. If none works, see whether the clock of your phone is right."
        ),
    }

    def encrypt(self, text: str) -> str:
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise ImproperlyConfigured(
                f"{COLUMN} cannot be decrypted with the FERNET_KEYS given: the key it was written "
                "with is missing."
            ) from None


@dataclass(frozen=True)
class SecondFactor:
    """What its owner sees of it: since when, and how many recovery codes are left of how many."""

    since: datetime
    left: int
    codes: int


def of(user: User) -> SecondFactor | None:
    """None: it is off."""
    kinds = {row.type: row for row in Authenticator.objects.filter(user=user)}
    app = kinds.get(Authenticator.Type.TOTP)
    if app is None:
        return None
    codes: int = app_settings.RECOVERY_CODE_COUNT
    recovery = kinds.get(Authenticator.Type.RECOVERY_CODES)
    left = codes - recovery.data["used_mask"].bit_count() if recovery else 0
    return SecondFactor(app.created_at, left, codes)


@transaction.atomic
def take_away(user: User, *, by: User) -> bool:
    """For who has lost phone and codes; they are told. False: there was none."""
    count, _by_model = Authenticator.objects.filter(user=user).delete()
    if count:
        notices.tell(user, "second_factor_taken", mail=True, by=by.name)
        log.warning("A second factor was taken away.", extra={"user": user.pk, "by": by.pk})
    return bool(count)


def sealed() -> Iterator[str]:
    """Every secret there is, encrypted."""
    for data in Authenticator.objects.order_by().values_list("data", flat=True).iterator(500):
        yield from (data[name] for name in SEALED if name in data)


def rotate() -> int:
    """Encrypt all with the first of FERNET_KEYS; returns how many rows."""
    return sum(_rotate(pk) for pk in list(Authenticator.objects.values_list("pk", flat=True)))


@transaction.atomic
def _rotate(pk: int) -> bool:
    row: Any = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return False
    adapter = SecondFactorAdapter()
    for name in SEALED & row.data.keys():
        row.data[name] = adapter.encrypt(adapter.decrypt(row.data[name]))
    row.save(update_fields=["data"])
    return True
