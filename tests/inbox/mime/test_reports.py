"""inbox/mime/reports.py: bounces, auto-replies, notices and complaints. M20."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.headers import parse_headers
from inbox.mime.parse import parse


def report(status: bytes, kind: bytes = b"delivery-status") -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.test\r\nAuto-Submitted: auto-replied\r\n"
        b"Content-Type: multipart/report; report-type=" + kind + b"; boundary=x\r\n\r\n"
        b"--x\r\n\r\nSorry.\r\n--x\r\nContent-Type: message/"
        + kind
        + b"\r\n\r\n"
        + status
        + b"\r\n"
        b"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@x.test>\r\n\r\n"
        b"--x--\r\n"
    )


def delivery(action: bytes, status: bytes, diagnostic: bytes = b"smtp; 550 no") -> bytes:
    return report(
        b"Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; ken@x.test\r\nAction: "
        + action
        + b"\r\nStatus: "
        + status
        + b"\r\nDiagnostic-Code: "
        + diagnostic
        + b"\r\n"
    )


@pytest.mark.rule("M20")
def test_a_failure_names_who_was_not_reached_and_which_mail():
    message = parse(delivery(b"failed", b"5.1.1", b"smtp; 550 5.1.1 No such user"))
    assert message.kind == "bounce"
    assert message.bounce is not None
    (recipient,) = message.bounce.recipients
    assert (recipient.address, recipient.status) == ("ken@x.test", "5.1.1")
    assert recipient.diagnostic == "550 5.1.1 No such user"
    assert recipient.permanent and recipient.failed
    assert (message.bounce.status, message.bounce.permanent) == ("5.1.1", True)
    assert message.bounce.original_ids == ("ours@x.test",)


@pytest.mark.parametrize(
    ("action", "status", "permanent", "failed"),
    [
        (b"failed", b"5.2.2", True, True),
        (b"failed", b"4.4.7", False, True),
        (b"delayed", b"4.4.1", False, False),
    ],
)
def test_a_delay_is_no_loss(action, status, permanent, failed):
    bounce = parse(delivery(action, status)).bounce
    assert bounce is not None
    assert bounce.permanent is permanent
    assert bounce.recipients[0].failed is failed


def test_a_vague_status_is_made_precise_by_the_servers_words():
    bounce = parse(delivery(b"failed", b"5.0.0", b"smtp; 552 5.2.2 Mailbox full")).bounce
    assert bounce is not None
    assert bounce.status == "5.2.2"


def test_a_failed_one_of_several_makes_the_bounce_permanent():
    first = b"Final-Recipient: rfc822; a@x.test\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n"
    second = b"Final-Recipient: rfc822; b@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    bounce = parse(report(b"Reporting-MTA: dns; mx\r\n\r\n" + first + second)).bounce
    assert bounce is not None
    assert [found.address for found in bounce.recipients] == ["a@x.test", "b@x.test"]
    assert (bounce.status, bounce.permanent) == ("5.1.1", True)


def test_failed_recipients_in_a_header_are_a_bounce():
    message = parse(b"X-Failed-Recipients: ken@x.test\r\n\r\nThe address was not found.")
    assert message.kind == "bounce"
    assert message.bounce is not None
    assert message.bounce.recipients[0].address == "ken@x.test"


@pytest.mark.rule("M20")
@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"Auto-Submitted: auto-replied\r\n\r\nAway", "auto_reply"),
        (b"Auto-Submitted: auto-generated (rule)\r\n\r\nAway", "auto_reply"),
        (b"X-Autoreply: yes\r\n\r\nAway", "auto_reply"),
        (b"X-Autorespond: holiday\r\n\r\nAway", "auto_reply"),
        (b"Precedence: auto_reply\r\n\r\nAway", "auto_reply"),
        (b"Return-Path: <>\r\nX-Auto-Response-Suppress: All\r\n\r\nAway", "auto_reply"),
        (b"Auto-Submitted: no\r\n\r\nHello", "normal"),
        (b"X-Auto-Response-Suppress: All\r\n\r\nHello", "normal"),
        (b"Return-Path: <>\r\n\r\nHello", "normal"),
        (b"Precedence: bulk\r\n\r\nHello", "normal"),
        (delivery(b"delivered", b"2.0.0"), "delivered_notice"),
        (delivery(b"relayed", b"2.0.0"), "delivered_notice"),
        (report(b"Disposition: x; displayed", b"disposition-notification"), "delivered_notice"),
        (report(b"Feedback-Type: abuse", b"feedback-report"), "feedback_report"),
    ],
)
def test_kinds(raw, kind):
    message = parse(raw)
    assert message.kind == kind
    assert message.bounce is None


PROSE = {
    "dma": b"There was an error delivering your mail to <ken@x.test>.\n\n"
    b"mx.x.test did not like our RCPT:\n550 5.1.1 No such user here\n\n"
    b"Message headers follow.\n\nSubject: Offer\nTo: <ken@x.test>\nMessage-Id: <ours@crm.test>\n",
    "a report in the text": b"An error occurred.\n\nReporting-MTA: dns; mx.x.test\n\n"
    b"Action: failed\nFinal-Recipient: rfc822; ken@x.test\nStatus: 5.1.1\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 No such user here\n\n"
    b"Message-Id: <ours@crm.test>\nFrom: hana@crm.test\nTo: ken@x.test\n",
    "qmail": b"I'm afraid I wasn't able to deliver your message: it failed.\n\n<ken@x.test>:\n"
    b"550 5.1.1 No such user here\n\n--- Below this line is a copy of the message.\n\n"
    b"Return-Path: <hana@crm.test>\nMessage-ID: <ours@crm.test>\nTo: ken@x.test\n",
}


@pytest.mark.rule("M20")
@pytest.mark.parametrize("sender", ["MAILER-DAEMON@x.test", "Postmaster <postmaster@x.test>", "<>"])
@pytest.mark.parametrize("text", PROSE.values(), ids=PROSE)
def test_a_server_that_writes_prose_is_understood(sender: str, text: bytes) -> None:
    raw = f"From: {sender}\nTo: hana@crm.test\nSubject: Mail delivery failed\n\n".encode() + text
    message = parse(raw)
    assert message.kind == "bounce" and message.from_robot
    assert message.bounce is not None
    (recipient,) = message.bounce.recipients
    assert (recipient.address, recipient.status, recipient.permanent) == (
        "ken@x.test",
        "5.1.1",
        True,
    )
    assert "No such user" in recipient.diagnostic
    assert message.bounce.original_ids == ("ours@crm.test",)
    assert parse_headers(raw).report


def test_prose_about_a_delay_is_no_loss() -> None:
    text = b"This is a WARNING MESSAGE ONLY. Delivery has been delayed:\n\n   ken@x.test\n"
    bounce = parse(b"From: mailer-daemon@x.test\n\n" + text).bounce
    assert bounce is not None
    assert (bounce.recipients[0].failed, bounce.permanent) == (False, False)


@pytest.mark.parametrize(
    "header",
    [
        b"From: yuki@aoki.test\n",  # quotes the report that she got
        b"From: yuki@aoki.test\nAuto-Submitted: auto-replied\n",
        b"From: postmaster@x.test\nSubject: Spam report of the week\n",
    ],
)
def test_who_is_no_server_or_tells_of_no_failure_bounces_nothing(header: bytes) -> None:
    text = b"The week was quiet.\n" if b"Spam" in header else PROSE["dma"]
    assert parse(header + b"\n" + text).bounce is None


@given(st.binary(max_size=2_000), st.sampled_from([b"\n550 x@y\n", b"\nTo: a\n", b"failed <a@b>"]))
def test_prose_never_raises(noise: bytes, mark: bytes) -> None:
    parse(b"From: mailer-daemon@x.test\n\n" + noise + mark + noise)


def test_prose_of_a_bomb_takes_no_time() -> None:
    began = time.process_time()
    for piece in (b"a@", b"error " * 9 + b"\n", b"To: a\n", b"<x@y.z>\n", b"original message\n"):
        parse(b"From: mailer-daemon@x.test\n\n" + piece * (390_000 // len(piece)))
    assert time.process_time() - began < 2
