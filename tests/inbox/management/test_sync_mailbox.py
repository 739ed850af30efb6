"""`manage.py sync_mailbox`: JSON and exit codes, as the outside contract says."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from crm.models import Contact, User
from inbox.models import Mailbox
from inbox.sending import composer, outbox
from tests.factories import connect_mailbox, make_mailbox
from tests.inbox.letters import reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]
KEYS = {"headers_read", "bodies_read", "logged", "round_trips", "bytes_in", "seconds"}


def test_one_pass_prints_what_it_did(
    hana: User,
    aoki: Contact,
    trusted: Dovecot,
    relay: Relay,
    mail_user: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="x", text="x")
    email = composer.send(draft, by=hana)
    outbox.attempt(email.outgoing)
    trusted.deliver(mailbox.email, reply_to(email, sender=aoki.email, to=mailbox.email).as_bytes())
    call_command("sync_mailbox", mailbox.email.upper())
    receipt = json.loads(capsys.readouterr().out)
    assert set(receipt) == KEYS
    assert (receipt["headers_read"], receipt["bodies_read"], receipt["logged"]) == (2, 1, 1)
    assert receipt["round_trips"] > 0
    assert receipt["bytes_in"] > 500


@pytest.mark.parametrize("reason", ["unknown", "refused", "unreachable"])
def test_what_fails_is_said_plainly_with_exit_code_2(
    hana: User, trusted: Dovecot, mail_user: Callable[..., str], reason: str
) -> None:
    address = mail_user("hana")
    if reason == "refused":
        mailbox = connect_mailbox(hana, trusted, address)
        mailbox.credential.password = "changed meanwhile"
        mailbox.credential.save()
    elif reason == "unreachable":
        make_mailbox(hana, email=address, imap_host="127.0.0.1", imap_port=1)
    with pytest.raises(CommandError) as failed:
        call_command("sync_mailbox", address)
    assert failed.value.returncode == 2
    assert address in str(failed.value) and str(failed.value).endswith(".")  # a sentence
    expected = {"refused": "disconnected", "unreachable": "degraded"}
    if reason in expected:
        assert Mailbox.objects.get().state == expected[reason]


@pytest.mark.once  # a process is one on both databases
def test_as_a_process_it_prints_json_alone(
    child_environment: dict[str, str],
    hana: User,
    trusted: Dovecot,
    mail_user: Callable[..., str],
) -> None:
    mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
    environment = {**child_environment, "INBOX_CA_FILE": str(trusted.ca_file)}

    def run(email: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "sync_mailbox", email]
        env = environment | more
        return subprocess.run(command, env=env, capture_output=True, text=True)

    done = run(mailbox.email)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == KEYS
    assert done.stdout.count("\n") == 1
    for refused in (run("nobody@x.test"), run(mailbox.email, INBOX_ALLOW_PRIVATE_HOSTS="false")):
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "Traceback" not in refused.stderr
