"""What stands inside a forward, as mail programs write it in many languages (M16)."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.forward_words import field, moment
from inbox.mime.forwards import originals
from inbox.mime.parse import parse
from inbox.mime.types import Address, ParsedMessage

pytestmark = pytest.mark.rule("M16")
TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
YUKI = Address("Yuki Aoki", "yuki@aoki.example")


def forward(text: str, html: str = "", **headers: str) -> ParsedMessage:
    """As hana's program sends it."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "Hana <hana@musubi.test>", "log@musubi.test"
    message["Subject"], message["Message-ID"] = "Fwd: Order", "<fwd@musubi.test>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return parse(message.as_bytes())


GMAIL = """For the record.

---------- Forwarded message ---------
From: Yuki Aoki <yuki@aoki.example>
Date: Tue, Mar 17, 2026 at 10:24 AM
Subject: Order 4711
To: Hana <hana@musubi.test>, Ken <ken@musubi.test>
Cc: <boss@aoki.example>


We order forty.

Yuki
"""
GMAIL_GERMAN = """---------- Forwarded message ---------
Von: Yuki Aoki <yuki@aoki.example>
Date: Di., 17. März 2026 um 10:24 Uhr
Subject: Order 4711
To: <hana@musubi.test>


We order forty.
"""
OUTLOOK = """FYI
________________________________
From: Yuki Aoki <yuki@aoki.example<mailto:yuki@aoki.example>>
Sent: Tuesday, March 17, 2026 10:24 AM
To: Hana <hana@musubi.test>; Ken <ken@musubi.test>
Cc: boss@aoki.example
Subject: Order 4711

We order forty.
"""
OUTLOOK_OLD = """-----Original Message-----
From: Yuki Aoki [mailto:yuki@aoki.example]
Sent: 17 March 2026 10:24
To: Hana
Subject: Order 4711

We order forty.
"""
OUTLOOK_JAPANESE = """参考まで

差出人: Yuki Aoki <yuki@aoki.example>
送信日時: 2026年3月17日 10:24
宛先: Hana <hana@musubi.test>
件名: Order 4711

We order forty.
"""
APPLE = """Begin forwarded message:

> From: Yuki Aoki <yuki@aoki.example>
> Subject: Order 4711
> Date: 17 March 2026 at 10:24:00 CET
> To: Hana <hana@musubi.test>
> Reply-To: orders@aoki.example
>
> We order forty.
>
> > Shall we?
"""
APPLE_FRENCH = """Début du message transféré :

De: Yuki Aoki <yuki@aoki.example>
Objet: Order 4711
Date: 17 mars 2026 à 10:24:00 UTC+1
À: Hana <hana@musubi.test>

We order forty.
"""
THUNDERBIRD = """

-------- Forwarded Message --------
Subject: \tOrder 4711
Date: \tTue, 17 Mar 2026 10:24:00 +0100
From: \tYuki Aoki <yuki@aoki.example>
To: \tHana <hana@musubi.test>



We order forty.
"""
THUNDERBIRD_JAPANESE = """-------- 転送メッセージ --------
件名： Order 4711
日付： Tue, 17 Mar 2026 10:24:00 +0100
差出人： Yuki Aoki <yuki@aoki.example>
宛先： hana@musubi.test

We order forty.
"""
SPANISH = """De: Yuki Aoki <yuki@aoki.example>
Enviado el: martes, 17 de marzo de 2026 10:24
Para: hana@musubi.test
Asunto: Order 4711

We order forty.
"""
CHINESE = """发件人: Yuki Aoki <yuki@aoki.example>
发送时间: 2026年3月17日 10:24
收件人: hana@musubi.test
主题: Order 4711

We order forty.
"""
WRAPPED = """---------- Forwarded message ---------
From: Yuki Aoki
<yuki@aoki.example>
Date: Tue, Mar 17, 2026 at 10:24 AM
Subject: Order
4711
To: Hana <hana@musubi.test>,
Ken <ken@musubi.test>
We order forty.
"""
RAW = """---------- Forwarded message ----------
Message-ID: <1@aoki.example>
From: Yuki Aoki <yuki@aoki.example>
Subject: Order 4711
Content-Type: text/plain; charset=utf-8
MIME-Version: 1.0
To: hana@musubi.test
Date: Tue, 17 Mar 2026 10:24:00 +0100

We order forty.
"""
BOLD = """*From:* Yuki Aoki <yuki@aoki.example>
*Sent:* 17.03.2026 10:24
*To:* hana@musubi.test
*Subject:* Order 4711

We order forty.
"""


@pytest.mark.parametrize(
    "text",
    [
        *(GMAIL, GMAIL_GERMAN, OUTLOOK, OUTLOOK_OLD, OUTLOOK_JAPANESE, APPLE, APPLE_FRENCH),
        *(THUNDERBIRD, THUNDERBIRD_JAPANESE, SPANISH, CHINESE, WRAPPED, RAW, BOLD),
    ],
)
def test_the_original_is_found(text: str) -> None:
    (found,) = originals(forward(text), BERLIN)
    assert found.sender == YUKI
    assert found.subject == "Order 4711"
    assert found.text.startswith("We order forty.")
    assert found.date == datetime(2026, 3, 17, 9, 24, tzinfo=UTC)
    assert "FYI" not in found.text and "record" not in found.text


def test_everybody_who_was_written_to_is_found() -> None:
    for text in (GMAIL, OUTLOOK):
        (found,) = originals(forward(text))
        assert [a.address for a in found.to] == ["hana@musubi.test", "ken@musubi.test"]
        assert [a.address for a in found.cc] == ["boss@aoki.example"]
    (wrapped,) = originals(forward(WRAPPED))
    assert [a.address for a in wrapped.to] == ["hana@musubi.test", "ken@musubi.test"]
    (apple,) = originals(forward(APPLE))
    assert [a.address for a in apple.reply_to] == ["orders@aoki.example"]


def test_the_marks_of_quoting_go_one_deep() -> None:
    (found,) = originals(forward(APPLE))
    assert found.text == "We order forty.\n\n> Shall we?"
    assert found.reply_text == "We order forty."


def test_of_a_forward_of_a_forward_it_is_the_outer_one() -> None:
    inner = GMAIL.replace("yuki@aoki.example", "weber@weber.example")
    (found,) = originals(forward(OUTLOOK + inner))
    assert found.sender == YUKI
    assert "weber@weber.example" in found.text


def test_the_id_that_the_forward_refers_to_is_the_originals() -> None:
    (found,) = originals(forward(GMAIL, In_Reply_To="<orig@aoki.example>"))
    assert (found.message_id, found.in_reply_to) == ("orig@aoki.example", ())
    (found,) = originals(forward(GMAIL, References="<a@x.example> <orig@aoki.example>"))
    assert found.message_id == "orig@aoki.example"
    (found,) = originals(forward(GMAIL))
    assert found.message_id == ""


@pytest.mark.parametrize(
    "html",
    [
        '<div>For the record.</div><div class="gmail_quote"><div class="gmail_attr">-- Forwarded'
        "<br>From: Yuki</div><p>We order <b>forty</b>.</p></div>",
        '<div>For the record.</div><hr><div id="divRplyFwdMsg">From: Yuki</div>'
        "<p>We order <b>forty</b>.</p>",
        '<p>For the record.</p><div class="moz-forward-container">-- Forwarded<table '
        'class="moz-email-headers-table"><tr><td>From: Yuki</td></tr></table>'
        "<p>We order <b>forty</b>.</p></div>",
        '<p>For the record.</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt">'
        "<p>From: Yuki</p></div></div><p>We order <b>forty</b>.</p>",
    ],
    ids=["Gmail", "Outlook on the web", "Thunderbird", "Outlook"],
)
def test_the_html_is_the_originals_alone(html: str) -> None:
    (found,) = originals(forward(GMAIL, html))
    assert "<p>We order <b>forty</b>.</p>" in found.html
    assert "record" not in found.html and "From:" not in found.html


def test_html_of_an_unknown_form_is_left_out() -> None:
    (found,) = originals(forward(GMAIL, "<p>For the record.</p><p>From: Yuki</p>We order."))
    assert found.html == ""


def test_the_files_of_a_forward_are_the_originals() -> None:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "hana@musubi.test", "log@musubi.test"
    message.set_content(GMAIL)
    message.add_attachment(b"%PDF", "application", "pdf", filename="order.pdf")
    (found,) = originals(parse(message.as_bytes()))
    assert [file.name for file in found.attachments] == ["order.pdf"]


def test_each_attached_message_is_one() -> None:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "hana@musubi.test", "log@musubi.test"
    message.set_content("See attached.")
    for number in (1, 2):
        inner = EmailMessage(policy=SMTP)
        inner["From"], inner["To"] = "Yuki Aoki <yuki@aoki.example>", "hana@musubi.test"
        inner["Subject"], inner["Message-ID"] = f"Order {number}", f"<{number}@aoki.example>"
        inner["Date"] = "Tue, 17 Mar 2026 10:24:00 +0100"
        inner.set_content("We order.")
        message.add_attachment(inner)
    found = originals(parse(message.as_bytes()))
    assert [(m.subject, m.message_id) for m in found] == [
        ("Order 1", "1@aoki.example"),
        ("Order 2", "2@aoki.example"),
    ]
    assert {m.sender for m in found} == {YUKI}


@pytest.mark.parametrize(
    "text",
    [
        "Please log this.",
        "From: Yuki\nDate: today\nSubject: x\n\nNo address",
        "From: yuki@aoki.example\n\nA line alone is no header.",
        "To: a@x.test\nSubject: y\nDate: now\n\nNo sender",
        "",
    ],
)
def test_what_is_no_forward(text: str) -> None:
    assert originals(forward(text)) == ()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026/03/17 (火) 10:24", datetime(2026, 3, 17, 1, 24)),
        ("2026年3月17日(火) 午後2:05", datetime(2026, 3, 17, 5, 5)),
        ("3/17/2026 12:05 AM", datetime(2026, 3, 16, 15, 5)),
        ("3/7/2026 2:05 PM", datetime(2026, 3, 7, 5, 5)),
        ("7/3/2026 14:05", datetime(2026, 3, 7, 5, 5)),
        ("вт, 17 мар. 2026 г. в 10:24", datetime(2026, 3, 17, 1, 24)),
        ("mardi 17 février 2026 10:24", datetime(2026, 2, 17, 1, 24)),
        ("2026년 3월 17일 오후 2:05", datetime(2026, 3, 17, 5, 5)),
        ("Tue, 17 Mar 2026 10:24:00 -0500", datetime(2026, 3, 17, 15, 24)),
        ("17 March 2026 10:24 GMT+2", datetime(2026, 3, 17, 8, 24)),
        ("17 March 2026", datetime(2026, 3, 17, 3, 0)),
        ("soon", None),
        ("31.02.2026 10:24", None),
        ("2026-03-17 99:99", None),
    ],
)
def test_dates_as_programs_write_them(written: str, expected: datetime | None) -> None:
    assert moment(written, TOKYO) == (expected.replace(tzinfo=UTC) if expected else None)


LINES = st.lists(
    st.sampled_from(
        [
            *(
                "From: yuki@aoki.example",
                "> Date: 1.1.2026",
                "To:",
                "Subject: x",
                "> ",
                "",
                "<a@b.c>",
            ),
            *(
                "差出人： x <x@y.example>",
                "From: a@b.example,",
                "<a@b.c>",
                "words",
                "---- Forwarded ----",
            ),
        ]
    ),
    max_size=30,
)


@given(LINES)
def test_it_never_raises_and_names_a_sender(lines: list[str]) -> None:
    for found in originals(ParsedMessage(text="\n".join(lines), html="\n".join(lines))):
        assert found.sender is not None and "@" in found.sender.address


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    originals(ParsedMessage(text=text, html=text))
    field(text)
    moment(text, TOKYO)


def test_a_bomb_of_fields_takes_no_time() -> None:
    """Each line may begin a block: no line is read more than a few times."""
    text = "\n".join(["Subject: x", "To: a@b.test,"] * 50_000)
    assert originals(ParsedMessage(text=text)) == ()
