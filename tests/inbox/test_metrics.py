"""What Prometheus reads: counts and ages, by a token, in few queries however much there is."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from crm.models import Contact, User
from inbox import metrics
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import make_email, make_mailbox
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = pytest.mark.django_db
RECEIPT = {"headers_read": 1, "bodies_read": 0, "logged": 0, "seconds": 0.1}


def figures() -> dict[str, float]:
    lines = [line for line in metrics.scraped().decode().splitlines() if line[:1] != "#"]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.live
def test_what_was_read_and_sent_is_counted(
    mailbox: Mailbox, hana: User, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    before = figures()
    answer = reply_to(make_email(aoki, by=hana), sender=aoki.email, to=mailbox.email)
    for each in (answer, letter(sender="x@y.test", to=mailbox.email)):
        dovecot.deliver(mailbox.email, each.as_bytes())
    engine.look(mailbox, force=True)
    for refusal in ({}, {"refuse_rcpt": {"*": "550 5.1.1 nobody"}}):
        relay.behave(**refusal)
        draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="x", text="x")
        outbox.attempt(composer.send(draft, by=hana).outgoing)
    after = figures()
    for name, more in {
        "musubi_looks_total": 1,
        "musubi_headers_read_total": 2,
        "musubi_bodies_read_total": 1,
        "musubi_emails_logged_total": 1,
        'musubi_sends_total{state="sent"}': 1,
        'musubi_sends_total{state="failed"}': 1,
    }.items():
        assert after[name] - before.get(name, 0) == more, name


def test_what_waits_is_told_with_its_age(hana: User, aoki: Contact) -> None:
    mailbox = make_mailbox(hana)
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="x", text="x")
    composer.send(draft, by=hana)
    Outgoing.objects.update(due_at=timezone.now() - timedelta(minutes=7))
    hours = timezone.now() - timedelta(hours=2)
    Mailbox.objects.update(state="connected", last_synced_at=hours)
    found = figures()
    assert found["musubi_send_due"] == 1
    assert found["musubi_send_late_seconds"] == pytest.approx(420, abs=30)
    assert found['musubi_mailboxes{state="connected"}'] == 1
    assert found['musubi_mailbox_lag_seconds{state="connected"}'] == pytest.approx(7200, abs=30)


def test_more_of_it_takes_no_more_queries(
    hana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (1, 5):
        for each in range(number):
            make_mailbox(hana, email=f"{number}{each}@x.test")
        with django_assert_num_queries(5):
            metrics.scraped()


def test_without_the_right_token_there_is_no_such_page(client: Client, settings: Settings) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = "token of the monitor"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer ü"}).status_code == 404
    told = client.get("/metrics", headers={"Authorization": "Bearer token of the monitor"})
    assert told.status_code == 200
    assert (
        b'musubi_http_request_seconds_bucket{le="0.05",method="GET",route="metrics"' in told.content
    )


def test_pages_are_told_by_route(client: Client, hana: User, aoki: Contact) -> None:
    client.force_login(hana)
    client.get(f"/contacts/{aoki.pk}/?q=somebody")
    told = metrics.scraped().decode()
    assert 'route="contacts/<int:pk>/"' in told
    assert "somebody" not in told and f"contacts/{aoki.pk}" not in told


@pytest.mark.once  # files, and no database
def test_several_processes_of_a_machine_are_added_up(
    tmp_path: Path, child_environment: dict[str, str]
) -> None:
    environment = {**child_environment, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def run(code: str) -> str:
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    for _ in range(2):
        run(f"from inbox import metrics; metrics.looked(metrics.Mailbox(pk=1), {RECEIPT})")
    assert "musubi_looks_total 2.0" in run(
        "from inbox import metrics; print(metrics.scraped().decode())"
    )
    assert len(list(tmp_path.iterdir())) >= 2
