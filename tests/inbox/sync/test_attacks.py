"""Hostile mail taken in by a real look, and then every page and file that shows it: the classes of
docs/attacks.md that need no browser."""

import re
import time
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client

from crm.models import Attachment, Contact, Email, User
from inbox.models import Folder, Mailbox
from inbox.sync import engine
from tests.factories import make_email
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live]
MARK = '"><img src=x onerror=alert(1)>'
Deliver = Callable[..., None]


def word(text: str) -> str:
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def part(content_type: str, name: str, content: str = "x") -> str:
    """An attached file; the name as RFC 2231 has it."""
    return (
        f"--=b\r\nContent-Type: {content_type}\r\nContent-Disposition: attachment;\r\n"
        f" filename*=utf-8''{quote(name, safe='')}\r\n\r\n{content}\r\n"
    )


@pytest.fixture
def asked(aoki: Contact, hana: User) -> Email:
    return make_email(aoki, by=hana, direction="outgoing", message_id="asked@musubi.test")


@pytest.fixture
def deliver(mailbox: Mailbox, asked: Email, aoki: Contact, dovecot: Dovecot) -> Deliver:
    """An answer to what was asked, taken in by a real look."""

    def delivered(
        *parts: str, text: str = "Yes.", subject: str = "Re: it", sender: str = "", html: str = ""
    ) -> None:
        kind, body = ("html", html) if html else ("plain", text)
        raw = (
            f"From: {sender or aoki.email}\r\nTo: {mailbox.email}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{time.monotonic_ns()}@aoki.example>\r\n"
            "Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n"
            "In-Reply-To: <asked@musubi.test>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="=b"\r\n\r\n'
            f"--=b\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}\r\n"
        )
        dovecot.deliver(mailbox.email, (raw + "".join(parts) + "--=b--\r\n").encode())
        engine.look(Mailbox.objects.get(pk=mailbox.pk))

    return delivered


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_what_others_name_is_escaped_wherever_it_stands(
    signed_in: Client, deliver: Deliver, mailbox: Mailbox, aoki: Contact, asked: Email
) -> None:
    """1, 9: names, subjects, files and their types, folders, signatures; found, answered, told."""
    deliver(
        part(f"text/{MARK}", f"{MARK}.png"),
        text=MARK,
        subject=word(MARK),
        sender=f"{word(MARK)} <{aoki.email}>",
    )
    mailbox.change(signature=f"<p>{MARK}</p>")
    Folder.objects.create(mailbox=mailbox, name=MARK, role="other")
    email = Email.objects.exclude(pk=asked.pk).get()
    assert email.subject == MARK and Attachment.objects.get().name.endswith(".png")
    pages = [
        *(f"/contacts/{aoki.pk}/", "/", "/inbox/", "/inbox/?q=onerror", "/palette/?q=onerror"),
        *(f"/inbox/{email.thread_id}/", f"/emails/{email.pk}/", f"/emails/{email.pk}/reply/"),
        *(f"/emails/{email.pk}/forward/", f"/emails/{email.pk}/thread/", "/notifications/"),
        *(f"/mailboxes/{mailbox.pk}/", f"/mailboxes/{mailbox.pk}/signature/", "/mailboxes/"),
    ]
    showing = 0
    for path in pages:
        answer = signed_in.get(path)
        html = answer.content.decode()
        assert answer.status_code == 200 and "<img src=x" not in html and "<img src=" not in html
        showing += "onerror" in html
    assert showing >= len(pages) - 4


TYPES = [
    ("text/html", "page.html", "<script>alert(1)</script>"),
    ("text/html", "picture.png", "<script>alert(1)</script>"),
    ("image/svg+xml", "drawing.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    ("application/xhtml+xml", "page.xhtml", "<html xmlns='http://www.w3.org/1999/xhtml'/>"),
    ("text/xml", "page.xml", "<?xml-stylesheet href='javascript:alert(1)'?><a/>"),
    ("application/pdf", "form.pdf", "%PDF-1.4 /OpenAction << /S /JavaScript >>"),
    ("image/gif", "both.gif", "GIF89a=1;alert(1)//"),
    (f"text/{MARK}", "odd", "x"),
    ("multipart/x-mixed-replace;boundary=x", "odd.bin", "x"),
]


def test_no_file_is_a_page(signed_in: Client, deliver: Deliver) -> None:
    """7, 9: whatever it is, and whatever it says that it is."""
    deliver(*(part(*each) for each in TYPES))
    files = list(Attachment.objects.all())
    assert len(files) == len(TYPES)
    for file in files:
        answer = signed_in.get(f"/attachments/{file.pk}/")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", answer["Content-Type"])
        inside = signed_in.get(f"/attachments/{file.pk}/inline/")
        assert inside.status_code == (200 if file.name == "both.gif" else 404)
        if inside.status_code == 200:
            assert inside["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in inside["Content-Security-Policy"]


NAMES = [
    ('a"\r\nSet-Cookie: x=1', "a_ Set-Cookie_ x=1"),
    ("=?utf-8?q?a=0d=0aX:_y?=.pdf", None),
    ("a" * 3_000 + ".pdf", None),
    ("😀" * 400 + ".pdf", None),
    ("見積\u202efdp.exe", "見積fdp.exe"),
    ("../../etc/passwd", "passwd"),
    ("..\\..\\x", "x"),
    ("/abs", "abs"),
    ("C:\\x", "x"),
    ("a\0.png", "a.png"),
    (".", "attachment.bin"),
    ("CON", "CON"),
]


def test_no_name_leaves_its_place(signed_in: Client, deliver: Deliver) -> None:
    """8, 10: in the header of the download, and in the storage, where it plays no part."""
    deliver(*(part("application/x-a", name) for name, _stored in NAMES))
    files = list(Attachment.objects.order_by("pk"))
    assert len(files) == len(NAMES)
    for file, (_written, stored) in zip(files, NAMES, strict=True):
        assert stored is None or file.name == stored
        assert len(file.name) <= 150 and not set(file.name) & set("\r\n\0/\\\u202e")
        assert re.fullmatch(r"attachments/[0-9a-f]{2}/[0-9a-f]{62}", file.path)
        answer = signed_in.get(f"/attachments/{file.pk}/")
        assert "Set-Cookie" not in answer and "X" not in answer
        assert not set(answer["Content-Disposition"]) & set("\r\n")
        if not file.name.isascii():
            assert "filename*=utf-8''" in answer["Content-Disposition"]


BOMBS = {
    "parts": "--=b\r\n\r\n" * 300_000,
    "depth": "--=b\r\n"
    + "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(3_000)
    ),
    "messages": "--=b\r\n" + "Content-Type: message/rfc822\r\n\r\n" * 5_000,
}


@pytest.mark.rule("M47")
def test_a_bomb_is_logged_and_so_is_what_comes_after_it(deliver: Deliver, asked: Email) -> None:
    """13: within seconds, with what was understood of it."""
    for bomb in BOMBS.values():
        began = time.process_time()
        deliver(bomb, text="before the bomb")
        assert time.process_time() - began < 5
    deliver(text="after the bombs")
    texts = Email.objects.exclude(pk=asked.pk).order_by("pk").values_list("text", flat=True)
    assert [text.strip()[:15] for text in texts] == ["before the bomb"] * 3 + ["after the bombs"]
    assert Attachment.objects.count() <= 3_000


@pytest.mark.once  # how a letter is shown
@pytest.mark.parametrize(
    "text", ["<" * 5_000_000, "&:;" * 1_000_000, "http://" * 1_000_000, "a@b.c " * 500_000]
)
def test_a_text_full_of_signs_is_shown_in_time(
    signed_in: Client, deliver: Deliver, text: str
) -> None:
    """16"""
    deliver(text="Hello.\r\n" + "\r\n".join(text[at : at + 900] for at in range(0, len(text), 900)))
    email = Email.objects.latest("pk")
    began = time.process_time()
    answer = signed_in.get(f"/emails/{email.pk}/")
    assert time.process_time() - began < 2
    assert answer.status_code == 200 and "Hello." in answer.content.decode()


SENDERS = [
    ('"ceo@corp.example" <{}>', "{}"),
    ("=?utf-8?q?ceo=40corp.example?= <{}>", "{}"),
    ('"ceo\uff20corp.example" <{}>', "{}"),
    ("{} (ceo@corp.example)", "{}"),
    ("=?utf-8?b?4oCuZ25pdGVrcmFt?= <{}>", "gnitekram"),
    ("=?utf-8?q?Boss?= (comment) <{}>", "Boss"),
    ("Team: {}, other@evil.example;", "{}"),
    ("{}\r\nFrom: other@evil.example", "{}"),
]


@pytest.mark.once  # how a sender is shown
@pytest.mark.parametrize(("written", "shown"), SENDERS)
def test_a_sender_is_shown_by_the_real_address(
    signed_in: Client, deliver: Deliver, aoki: Contact, written: str, shown: str
) -> None:
    """32: and only the address makes a contact of it."""
    stranger = "yuki@evil.example"
    deliver(sender=written.format(stranger))
    email = Email.objects.latest("pk")
    assert email.writer and email.writer.address == stranger
    assert email.writer.contact is None or email.writer.contact != aoki
    html = signed_in.get(f"/emails/{email.pk}/").content.decode()
    assert f'<span class="msg__from">{shown.format(stranger)}</span>' in html
    head, _body = html.split('<div class="msg__body">')
    assert stranger in head.partition("<details")[2] and "ceo" not in head.partition("<details")[2]


@pytest.mark.once  # how a sender is shown
@pytest.mark.parametrize(
    ("written", "warned"),
    [
        (word("P\u0430ypal") + " <service@evil.example>", True),
        ("service@p\u0430ypal.example", True),
        ("service@\u0430\u0440\u0440\u04cf\u0435.com", True),
        (word("Ирина Petrova") + " <irina@corp.example>", False),
        (word("田中 Aiko") + " <aiko@corp.example>", False),
        ("hana@bücher.example", False),
    ],
)
def test_alphabets_that_are_mixed_are_told(
    signed_in: Client, deliver: Deliver, written: str, warned: bool
) -> None:
    """32"""
    deliver(sender=written)
    html = signed_in.get(f"/emails/{Email.objects.latest('pk').pk}/").content.decode()
    assert ("Letters of several alphabets are mixed" in html) == warned


def test_another_site_cannot_press_our_buttons(
    deliver: Deliver, asked: Email, aoki: Contact, mailbox: Mailbox, hana: User
) -> None:
    """36: without our token nothing is sent, deleted, connected or shown, and by GET nothing is."""
    deliver(html=f'<table><form action="/emails/{asked.pk}/trash/" method="post"><button>A</table>')
    email = Email.objects.latest("pk")
    client = Client(enforce_csrf_checks=True)
    client.force_login(hana)
    before = list(Email.objects.values("pk", "activity__deleted_at")), Mailbox.objects.count()
    for path in (
        *(f"/emails/{email.pk}/reply/", f"/emails/{email.pk}/trash/", "/mailboxes/connect/"),
        *(f"/emails/{email.pk}/images/", f"/mailboxes/{mailbox.pk}/disconnection/"),
        f"/contacts/{aoki.pk}/trash/",
    ):
        assert client.post(path, {"text": "x", "to": aoki.email}).status_code == 403
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer.get("Content-Security-Policy", "") or (
            answer.status_code in (302, 303)
        )
    assert before == (
        list(Email.objects.values("pk", "activity__deleted_at")),
        Mailbox.objects.count(),
    )
    frame = client.get(f"/emails/{email.pk}/body/")
    assert b"<form" not in frame.content and b"<button" not in frame.content
    assert "form-action 'none'" in frame["Content-Security-Policy"]
