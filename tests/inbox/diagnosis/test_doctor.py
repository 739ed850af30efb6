"""The doctor says what is wrong and what to change; its answers are those of real servers (M59)."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from crm.models import Heartbeat
from inbox.diagnosis import doctor
from inbox.diagnosis.doctor import Finding
from inbox.models import Mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M59")]
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def found(**values: bool) -> dict[str, Finding]:
    return {each.about: each for each in doctor.findings(timezone.now(), **values)}


def test_what_is_well(mailbox: Mailbox, settings: Settings) -> None:
    settings.SITE_URL = "https://crm.example"
    for part in doctor.PARTS:
        Heartbeat.beat(part)
    told = found()
    assert {each.about for each in told.values() if each.state != "ok"} <= {
        f"certificate of mailbox {mailbox.pk}"
    }
    assert f"mailbox {mailbox.pk}" in told and f"certificate of mailbox {mailbox.pk}" in told


def test_what_is_not_says_what_to_change(mailbox: Mailbox, settings: Settings) -> None:
    settings.SITE_URL = "http://crm.example"
    mailbox.credential.password = "wrong"
    mailbox.credential.save()
    told = found()
    assert told["address"].state == "warning" and "TLS" in told["address"].change
    assert told["worker"].said == "No sign of the worker yet."
    refused = told[f"mailbox {mailbox.pk}"]
    assert refused.state == "wrong" and "login" in refused.said and refused.change
    out = StringIO()
    with pytest.raises(CommandError, match="to be put right"):
        call_command("doctor", "--offline", stdout=out)
    assert "Start the worker." in out.getvalue()
    assert mailbox.email not in out.getvalue()


def test_a_clock_and_a_certificate() -> None:
    assert doctor.skew_of(NOW, NOW + timedelta(seconds=30)).state == "ok"
    assert doctor.skew_of(NOW, NOW - timedelta(seconds=31)).state == "wrong"
    assert doctor.lasting("x", NOW + timedelta(days=15), NOW).state == "ok"
    assert doctor.lasting("x", NOW + timedelta(days=14), NOW).state == "warning"
