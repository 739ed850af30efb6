"""The pages of privacy: an archive to take away, and erasing a person, asked twice (M36, M59)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Audience, Contact, Hold, User
from inbox import tasks
from inbox.dossiers import erasing, exporting
from inbox.models import Erasure, ExportRun
from tests.factories import make_email, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M36")]


def carry_out() -> None:
    """As the ticks do it."""
    for run in ExportRun.objects.due(timezone.now()):
        exporting.carry_out(run)
    for erasure in Erasure.objects.due(timezone.now()):
        erasing.carry_out(erasure)


def test_an_archive_is_asked_for_and_downloaded(
    client: Client, aoki: Contact, hana: User, ken: User
) -> None:
    client.force_login(hana)
    page = f"/contacts/{aoki.pk}/privacy/"
    assert "Export data" in client.get(page).content.decode()
    assert client.post(page).url == page  # type: ignore[attr-defined]
    assert "is being made" in client.get(page).content.decode()
    carry_out()
    run = ExportRun.objects.get()
    assert f"/exports/{run.pk}/" in client.get(page).content.decode()
    response = client.get(f"/exports/{run.pk}/")
    assert b"".join(response.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    assert "attachment" in response["Content-Disposition"]
    client.force_login(ken)  # it is hana's
    assert client.get(f"/exports/{run.pk}/").status_code == 404
    client.force_login(hana)
    ExportRun.objects.update(finished_at=timezone.now() - timedelta(hours=24))
    assert client.get(f"/exports/{run.pk}/").status_code == 404


def test_who_no_longer_sees_the_contact_does_not_get_it(
    client: Client, aoki: Contact, hana: User, rin: User
) -> None:
    exporting.ask(rin, contact=aoki)
    carry_out()
    aoki.change(audience=Audience.OWNER)
    client.force_login(rin)
    assert client.get(f"/exports/{ExportRun.objects.get().pk}/").status_code == 404
    assert client.get(f"/contacts/{aoki.pk}/privacy/").status_code == 404


def test_erasing_is_asked_twice_and_leaves_a_receipt(
    client: Client, aoki: Contact, mio: User
) -> None:
    make_email(aoki)
    client.force_login(mio)
    page = f"/contacts/{aoki.pk}/erasure/"
    assert "What goes:" in client.get(page).content.decode()
    wrong = client.post(page, {"name": "Aoki"})
    assert wrong.status_code == 422
    assert (
        'value="Aoki"' in wrong.content.decode() and 'aria-invalid="true"' in wrong.content.decode()
    )
    assert not Erasure.objects.exists()
    assert client.post(page, {"name": " yuki aoki "}).url == "/settings/retention/"  # type: ignore[attr-defined]
    assert "is being erased" in client.get(page).content.decode()
    carry_out()
    assert client.get(f"/contacts/{aoki.pk}/").status_code == 404
    assert "e-mails 1" in client.get("/settings/retention/").content.decode()


@pytest.mark.rule("M57")
def test_a_hold_refuses_with_its_reason(client: Client, aoki: Contact, mio: User) -> None:
    Hold.place(aoki, by=mio, reason="a case in court")
    client.force_login(mio)
    for response in (
        client.get(f"/contacts/{aoki.pk}/erasure/"),
        client.post(f"/contacts/{aoki.pk}/erasure/", {"name": "Yuki Aoki"}),
    ):
        assert "under a legal hold: a case in court" in response.content.decode()
    assert not Erasure.objects.exists()


def test_only_an_admin_erases(client: Client, aoki: Contact, hana: User) -> None:
    client.force_login(hana)
    assert client.get(f"/contacts/{aoki.pk}/erasure/").status_code == 404
    assert client.post(f"/contacts/{aoki.pk}/erasure/", {"name": "Yuki Aoki"}).status_code == 404
    assert "Only an administrator" in client.get(f"/contacts/{aoki.pk}/privacy/").content.decode()


@pytest.mark.rule("M59")
def test_only_its_owner_takes_a_mailbox_away(client: Client, hana: User, mio: User) -> None:
    mailbox = make_mailbox(hana)
    client.force_login(mio)
    assert client.get(f"/mailboxes/{mailbox.pk}/take-out/").status_code == 404
    client.force_login(hana)
    client.post(f"/mailboxes/{mailbox.pk}/take-out/")
    carry_out()
    page = client.get(f"/mailboxes/{mailbox.pk}/take-out/").content.decode()
    assert f"/exports/{ExportRun.objects.get().pk}/" in page
    tasks.serve_privacy_requests()
    assert ExportRun.objects.exists()  # its day is not over
