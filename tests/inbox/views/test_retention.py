"""The page of retention: figures for everybody; counts, receipts and holds for admins."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from pytest_django import Settings

from crm.models import Activity, Contact, Hold, User
from inbox.dossiers import erasing
from inbox.models import Erasure
from tests.factories import make_note

pytestmark = pytest.mark.django_db
PAGE = "/settings/retention/"


def test_what_is_kept_is_told_with_its_variable(
    client: Client, hana: User, settings: Settings
) -> None:
    client.force_login(hana)
    settings.RETENTION_TRASH_DAYS = 77
    page = client.get(PAGE).content.decode()
    for said in ("77 days", "RETENTION_TRASH_DAYS", "this month and the one before", "24 hours"):
        assert said in page
    assert "would go now" not in page and "Legal holds" not in page


@pytest.mark.rule("M34")
def test_an_admin_sees_how_much_there_is_and_what_went(
    client: Client, mio: User, aoki: Contact
) -> None:
    client.force_login(mio)
    make_note(aoki)
    Activity.objects.update(deleted_at=timezone.now() - timedelta(days=91))
    assert "its schedule is switched off" in client.get(PAGE).content.decode()
    nightly = CrontabSchedule.objects.create(minute="17", hour="3")
    PeriodicTask.objects.create(name="purge", task="inbox.tasks.purge", crontab=nightly)
    page = client.get(PAGE).content.decode()
    assert "1 would go now" in page
    assert re.search(r"The next purge is at [^<]*03:17", page)
    assert "Nothing was purged yet." in page
    call_command("purge_expired")
    page = client.get(PAGE).content.decode()
    assert "1 would go now" not in page and "last purge" in page
    assert "Nothing was purged yet." not in page


@pytest.mark.rule("M57")
def test_an_admin_places_and_lifts_a_hold(client: Client, mio: User, aoki: Contact) -> None:
    client.force_login(mio)
    given = {"record": f"https://crm.test/contacts/{aoki.pk}/?tab=1", "reason": "A v. B"}
    assert client.post(PAGE, given).status_code == 303
    hold = Hold.objects.get()
    assert (hold.contact, hold.by, hold.reason) == (aoki, mio, "A v. B")
    aoki.trash()
    asked = client.post("/trash/erased/", {"row": f"contact:{aoki.pk}", "confirm": "yes"})
    assert "is under a legal hold and stays" in asked.content.decode()
    assert Contact.objects.filter(pk=aoki.pk).exists()
    assert "A v. B" in client.get(PAGE).content.decode()
    assert client.post(f"/holds/{hold.pk}/release/").status_code == 303
    client.post("/trash/erased/", {"row": f"contact:{aoki.pk}", "confirm": "yes"})
    erasing.carry_out(Erasure.objects.get())
    assert not Contact.objects.filter(pk=aoki.pk).exists()


@pytest.mark.parametrize("record", ["", "aoki", "/contacts/999999/", "/users/1/", "/contacts/１/"])
def test_what_is_no_record_is_refused_and_kept_in_the_form(
    client: Client, mio: User, record: str
) -> None:
    client.force_login(mio)
    answer = client.post(PAGE, {"record": record, "reason": "A v. B"})
    assert answer.status_code == 422 and "A v. B" in answer.content.decode()
    assert not Hold.objects.exists()


def test_nobody_else_places_or_lifts_one(client: Client, hana: User, aoki: Contact) -> None:
    client.force_login(hana)
    hold = Hold.place(aoki, by=hana, reason="x")
    client.post(PAGE, {"record": f"/contacts/{aoki.pk}/", "reason": "x"})
    assert client.post(f"/holds/{hold.pk}/release/").status_code == 404
    assert Hold.objects.active().count() == 1
