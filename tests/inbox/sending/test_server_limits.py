"""What the mail server takes no more of is refused while it is written, and by the outbox (M23)."""

import pytest

from crm.models import Contact, Email, User
from inbox.mime.types import ParsedAttachment
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from tests.factories import make_mailbox
from tests.servers.relay import Relay
from tests.servers.smtp_script import SmtpScript

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M23")]
SMALL = {"EHLO": [b"250-here\r\n250-SIZE 100000\r\n250 AUTH PLAIN\r\n"]}
UTF8 = {"EHLO": [b"250-here\r\n250-SMTPUTF8\r\n250 AUTH PLAIN\r\n"]}
MANY = 90_000


def mailbox_at(server: SmtpScript, owner: User) -> Mailbox:
    values = {"smtp_host": "localhost", "smtp_port": server.port, "smtp_security": "none"}
    return make_mailbox(owner, **values, files_sent_itself=True)


def file(size: int) -> ParsedAttachment:
    return ParsedAttachment("plan.pdf", "application/pdf", size, b"x" * size)


def write(mailbox: Mailbox, to: str = "a@b.test", **values: object) -> Outgoing:
    draft = composer.NewEmail(mailbox=mailbox, to=[to], subject="s", text="t", **values)  # type: ignore[arg-type]
    return Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))


def sent(outgoing: Outgoing) -> Email:
    outbox.attempt(outgoing)
    return Email.objects.get(pk=outgoing.email_id)


def test_a_letter_that_is_too_large_is_refused_by_the_outbox_and_then_at_once(hana: User) -> None:
    with SmtpScript(SMALL) as server:
        mailbox = mailbox_at(server, hana)
        email = sent(write(mailbox, files=[file(MANY)]))
        assert (email.status, "SIZE 100000" in email.error) == ("failed", True)
        assert server.delivered == []
        mailbox.refresh_from_db()
        assert mailbox.smtp_max_size == 100_000
        with pytest.raises(composer.NotSendable) as refused:
            write(mailbox, files=[file(MANY)])
        assert (refused.value.field, "97.7" in refused.value.message) == ("attachments", True)
        assert sent(write(mailbox, files=[file(70_000)])).status == "sent"


def test_a_server_that_takes_more_than_it_did_is_believed(hana: User) -> None:
    with SmtpScript() as server:
        mailbox = mailbox_at(server, hana)
        mailbox.change(smtp_max_size=100_000)
        assert sent(write(mailbox)).status == "sent"
        mailbox.refresh_from_db()
        assert mailbox.smtp_max_size == 1_000_000
        assert sent(write(mailbox, files=[file(MANY)])).status == "sent"


def test_without_a_limit_nothing_is_refused_for_its_size(hana: User) -> None:
    with SmtpScript(UTF8) as server:
        mailbox = mailbox_at(server, hana)
        assert sent(write(mailbox, files=[file(MANY)])).status == "sent"
        mailbox.refresh_from_db()
        assert mailbox.smtp_max_size is None


def test_an_address_in_another_script_goes_by_a_server_that_knows_it(hana: User) -> None:
    """RFC 6531: the envelope says SMTPUTF8, the header is UTF-8."""
    with SmtpScript(UTF8) as server:
        mailbox = mailbox_at(server, hana)
        assert sent(write(mailbox, "安 <安@例え.test>")).status == "sent"
        assert b"MAIL FROM:<hana@musubi.test> SMTPUTF8" in server.commands()
        assert "RCPT TO:<安@例え.test>".encode() in server.commands()
        assert "<安@例え.test>".encode() in server.delivered[0]
        mailbox.refresh_from_db()
        assert mailbox.smtp_utf8 is True


def test_a_server_that_does_not_know_it_is_given_nothing_and_the_recipient_is_named(
    hana: User,
) -> None:
    with SmtpScript() as server:
        mailbox = mailbox_at(server, hana)
        email = sent(write(mailbox, "安@例え.test", cc=["a@b.test"]))
        assert (email.status, "安@例え.test" in email.error) == ("failed", True)
        assert (server.delivered, b"DATA" in server.commands()) == ([], False)
        mailbox.refresh_from_db()
        with pytest.raises(composer.NotSendable) as refused:
            write(mailbox, "a@b.test", cc=["安@例え.test"])
        assert (refused.value.field, "安@例え.test" in refused.value.message) == ("cc", True)


def test_a_domain_in_another_script_goes_by_every_server(hana: User) -> None:
    with SmtpScript() as server:
        mailbox = mailbox_at(server, hana)
        assert sent(write(mailbox, "anna@straße.test")).status == "sent"
        assert b"RCPT TO:<anna@xn--strae-oqa.test>" in server.commands()
        assert b"To: anna@xn--strae-oqa.test" in server.delivered[0]
        assert server.delivered[0].isascii()


@pytest.mark.parametrize("address", ["安<@c.test", "安@c", "a@..test", "安,@c.test"])
def test_what_is_no_address_in_any_script_is_refused(hana: User, address: str) -> None:
    with pytest.raises(composer.NotSendable):
        write(make_mailbox(hana), address)


@pytest.mark.live
def test_it_is_known_from_the_connection_test_on(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    assert (mailbox.smtp_max_size, mailbox.smtp_utf8) == (50 * 1024 * 1024, False)
