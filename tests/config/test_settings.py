"""The settings of a deployment: nothing to warn of, and cookies that nobody else can plant."""

import json
import os
import runpy
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.house.test_house import ROOT

DEPLOYED = {  # as docs/running.md tells an operator
    "HTTPS": "true",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "crm.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://crm.example.org",
    "DATABASE_URL": "postgres://musubi@localhost/musubi",
    "CELERY_BROKER_URL": "redis://localhost/0",
    "CACHE_URL": "rediscache://localhost/1",
    "EMAIL_URL": "smtp://localhost",
    "SECRET_KEY": "of-a-deployment-" + "9fA-_x7" * 8,
    "STATIC_MANIFEST": "true",
}
ASK = """
import json, django
django.setup()
from django.conf import settings
names = ["SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
         "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE",
         "SECURE_SSL_REDIRECT", "ALLAUTH_TRUSTED_PROXY_COUNT", "DEBUG"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **DEPLOYED, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # the browser's tests leave it in theirs
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )


@pytest.mark.once
def test_a_deployment_has_nothing_to_be_warned_of() -> None:
    told = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert told.returncode == 0, told.stderr
    assert "no issues" in told.stdout


@pytest.mark.once
def test_cookies_of_a_deployment() -> None:
    said = json.loads(run("-c", ASK).stdout)
    assert said == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
        "DEBUG": False,
    }


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RETENTION_TRASH_DAYS", "-1"),
        ("RETENTION_TRASH_DAYS", "3000000"),
        ("RETENTION_RAW_HOURS", "a day"),
        ("RETENTION_TRANSPORT_MONTHS", "100000"),
        ("INBOX_POLL_SECONDS", "0"),
        ("FERNET_KEYS", ""),
        ("ALLOWED_HOSTS", ","),
        ("DATABASE_URL", "garbage"),
        ("INBOX_CA_FILE", "/nowhere/ca.pem"),
    ],
)
def test_a_variable_that_cannot_be_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{name}"):
        runpy.run_path(str(ROOT / "config" / "settings.py"))
