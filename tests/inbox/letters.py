"""Letters for the tests, as other people's mail programs write them."""

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

from django.utils import timezone

from crm.models import Email
from inbox.arrivals import Arrival
from inbox.mime.ids import normal
from inbox.mime.parse import parse
from inbox.models import Mailbox
from inbox.sync.rules import reason_given

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d7"
    "63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def letter(
    *,
    sender: str,
    to: str,
    subject: str = "Hello",
    text: str = "Good morning.",
    answers: str = "",
    references: str = "",
    **headers: str,
) -> EmailMessage:
    """A plain letter; `answers` and `references` are ids with their angle brackets."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = headers.pop("message_id", "") or make_msgid(domain="customer.test")
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0100"
    if answers:
        message["In-Reply-To"] = answers
    if references:
        message["References"] = references
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def reply_to(email: Email, *, sender: str, to: str, **more: str) -> EmailMessage:
    """What an ordinary mail program makes of "Reply"."""
    name = f"<{email.message_id}>"
    return letter(
        sender=sender,
        to=to,
        subject=more.pop("subject", f"Re: {email.subject}"),
        answers=more.pop("answers", name),
        references=more.pop("references", name),
        **more,
    )


def rich_reply_to(email: Email, *, sender: str, to: str) -> EmailMessage:
    """Several parts, a Japanese subject, an attachment and a picture inside."""
    message = reply_to(email, sender=sender, to=to, subject="Re: 見積書の件", text="ありがとう。")
    message.add_alternative('<p>ありがとう。<img src="cid:logo@customer.test"></p>', subtype="html")
    html = message.get_payload()[1]
    html.add_related(PNG, "image", "png", cid="<logo@customer.test>", filename="logo.png")
    message.add_attachment(b"%PDF-1.4 quote", "application", "pdf", filename="見積書.pdf")
    return message


def bounce_of(raw: bytes, *, recipient: str, to: str) -> bytes:
    """A delivery report as Postfix writes it (RFC 3464): it names no id in its own header."""
    returned = raw.partition(b"\r\n\r\n")[0].decode()
    return (
        f"""From: MAILER-DAEMON@mx.test (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <{make_msgid(domain="mx.test")[1:-1]}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail system: <{recipient}>: host mx.test said: 550 5.1.1 no such user

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

{returned}

--b--
""".replace("\r\n", "\n")
        .replace("\n", "\r\n")
        .encode()
    )


def arrival_of(raw: bytes, mailbox: Mailbox, **more: Any) -> Arrival:
    """A message as a look takes it to the logbook."""
    parsed = parse(raw)
    more.setdefault("identity", normal(parsed.message_id))
    more.setdefault("arrived_at", timezone.now())
    reason = reason_given(more.pop("rule", "folder"), more.pop("known_id", ""))
    return Arrival(parsed, (), mailbox, reason=reason, dated=parsed.date, **more)
