"""`manage.py rotate_keys`: afterwards the older keys can be dropped."""

import subprocess
import sys

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from pytest_django import Settings

from crm.models import User
from crm.second_factor import SecondFactorAdapter
from inbox.models import Credential
from tests.factories import make_mailbox
from tests.servers.dovecot import PASSWORD

SECRET = "JBSWY3DPEHPK3PXP"  # of a second factor
NEW = "bmV3LWtleS1mb3ItdGhlLXJvdGF0aW9uLXRlc3QtMDE="


def run(
    environment: dict[str, str], keys: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    environment = {**environment, "FERNET_KEYS": keys}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM inbox_credential")
        return bytes(cursor.fetchone()[0]).decode()


@pytest.mark.rule("M39")
def test_secrets_move_to_the_first_key(
    child_environment: dict[str, str], hana: User, settings: Settings
) -> None:
    make_mailbox(hana)
    assert Credential.objects.get().password == PASSWORD
    app = TOTP.activate(hana, SECRET).instance
    before, old = stored(), child_environment["FERNET_KEYS"]
    done = run(child_environment, f"{NEW},{old}", "rotate_keys")
    assert done.returncode == 0, done.stderr
    assert stored() != before
    assert PASSWORD not in done.stdout + done.stderr + stored()
    code = "from inbox.models import Credential; print(Credential.objects.get().password)"
    assert PASSWORD in run(child_environment, NEW, "shell", "-v0", "-c", code).stdout
    app.refresh_from_db()
    settings.FERNET_KEYS = [NEW]
    assert SecondFactorAdapter().decrypt(app.data["secret"]) == SECRET
    lost = run(child_environment, old, "rotate_keys")
    assert lost.returncode != 0
    assert PASSWORD not in lost.stdout + lost.stderr
