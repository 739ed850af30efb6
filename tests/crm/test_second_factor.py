"""How its secrets are kept; what its pages do: tests/crm/views/test_second_factor.py."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from crm import second_factor
from crm.integrity import check
from crm.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M39")]
SECRET = "JBSWY3DPEHPK3PXP"
NEW = "bmV3LWtleS1mb3ItdGhlLXJvdGF0aW9uLXRlc3QtMDI="


@pytest.fixture
def app(hana: User) -> Authenticator:
    RecoveryCodes.activate(hana)
    return TOTP.activate(hana, SECRET).instance  # type: ignore[no-any-return]


def secret_of(app: Authenticator) -> str:
    app.refresh_from_db()
    return second_factor.SecondFactorAdapter().decrypt(app.data["secret"])


def test_they_move_to_the_first_key(app: Authenticator, hana: User, settings: Settings) -> None:
    row = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    codes = row.wrap().generate_codes()
    row.wrap().validate_code(codes[0])
    settings.FERNET_KEYS = [NEW, *settings.FERNET_KEYS]
    assert second_factor.rotate() == 2
    settings.FERNET_KEYS = [NEW]
    assert secret_of(app) == SECRET
    row.refresh_from_db()
    assert row.wrap().get_unused_codes() == codes[1:]


def test_a_key_that_is_missing_is_said(app: Authenticator, settings: Settings) -> None:
    settings.FERNET_KEYS = [NEW]
    with pytest.raises(ImproperlyConfigured, match="FERNET_KEYS") as said:
        secret_of(app)
    assert app.data["secret"] not in str(said.value)
    assert check({}).unreadable_secrets == {second_factor.COLUMN: 2}


def test_the_integrity_counts_them(app: Authenticator) -> None:
    found = check({})
    assert found.well and found.secrets == 2
