"""What people really write and attach, odd as it is: drafts, each with the name of its oddity.

`Odd` says what a reader shall find where that is not simply what was written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from inbox.mime.build import Draft
from inbox.mime.types import Address, ParsedAttachment

HANA = Address("Hana Mori", "hana@aoki.test")
KEN = Address("Ken Sato", "ken@x.test")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
FAMILY = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL} \N{WAVING WHITE FLAG}\ufe0f\u200d\N{RAINBOW} 🇯🇵"
BASE = Draft(
    sender=HANA,
    to=(KEN,),
    subject="Our offer",
    text="Good morning.\n",
    message_id="new@aoki.test",
    date=datetime(2026, 11, 23, 10, tzinfo=UTC),
    musubi_message="new@aoki.test",
)


@dataclass(frozen=True)
class Odd:
    draft: Draft
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    names: Sequence[str] | None = None  # of the files, in order
    types: Sequence[str] | None = None  # of the files, in order
    to: Sequence[Address] | None = None


def file(name: str, content: bytes = b"%PDF-\0\r\n", kind: str = "application/pdf") -> Any:
    return ParsedAttachment(name, kind, len(content), content)


def image(cid: str) -> ParsedAttachment:
    return ParsedAttachment(f"{cid[:4]}.png", "image/png", len(PNG), PNG, cid, inline=True)


def draft(**values: Any) -> Draft:
    return replace(BASE, **values)


def people(number: int, start: int = 0) -> tuple[Address, ...]:
    each = range(start, start + number)
    return tuple(Address(f"顧客 {n} 番", f"customer{n}@example.test") for n in each)


SUBJECTS = {
    "an empty subject": Odd(draft(subject="")),
    "a subject in emoji": Odd(draft(subject="🎉🎉 Launch 🚀")),
    "families and flags, joined without width": Odd(draft(subject=" ".join(12 * [FAMILY]))),
    "a subject of 500 kanji": Odd(draft(subject="見積書" * 166)),
    "a subject of 998 letters without a space": Odd(draft(subject="x" * 998)),
    "a subject of 997 bytes in words": Odd(draft(subject="word " * 199 + "xy")),
    "Hebrew and Arabic among digits": Odd(draft(subject="חוזה 2026 – عقد رقم ١٢ (v2)")),
    "accents as characters of their own": Odd(draft(subject="Cafe\u0301 Mu\u0308nchen")),
    "beyond the basic plane": Odd(draft(subject="𠮷野家 𝕄𝕦𝕤𝕦𝕓𝕚")),
    "a subject like an encoded word": Odd(draft(subject="=?utf-8?q?x?= and =?utf-8?b?eA==?=")),
    "a subject like a header": Odd(draft(subject='Bcc: evil@x.test; a="b" <c>, (d)')),
    "two spaces, and one at each end": Odd(draft(subject=" a  b "), "a b"),
    "a tab in the subject": Odd(draft(subject="a\tb"), "a b"),
    "a line break in the subject": Odd(draft(subject="a\r\nBcc: e@x.test"), "a Bcc: e@x.test"),
    "fifty times Re": Odd(draft(subject="Re: " * 50 + "x")),
    "one foreign letter in a long ASCII subject": Odd(draft(subject="a " * 200 + "é")),
}
NAMES = {
    "a comma and quotes in a name": Odd(draft(sender=Address('Sato, "K" Ken', "k@x.test"))),
    "a name in kanji": Odd(draft(sender=Address("森 花", "hana@aoki.test"))),
    "a name in emoji": Odd(draft(to=(Address("🦊 Fox", "fox@x.test"),))),
    "a name of 300 letters": Odd(draft(to=(Address("Wolfgang " * 33 + "Bach", "w@x.test"),))),
    "a name of 300 kanji": Odd(draft(to=(Address("寿限無" * 100, "jugemu@x.test"),))),
    "a backslash in a name": Odd(draft(to=(Address("Sales\\EU", "eu@x.test"),))),
    "a name that is an address": Odd(draft(to=(Address("other@y.test", "ken@x.test"),))),
    "brackets and a semicolon in a name": Odd(draft(to=(Address("K (Tokyo); <b>", "k@x.test"),))),
    "a name from right to left": Odd(draft(to=(Address("דוד כהן", "david@x.test"),))),
    "an apostrophe and dots": Odd(draft(to=(Address("Dr. M. O'Neil Jr.", "o'neil+a@x.test"),))),
    "a name like an encoded word": Odd(draft(to=(Address("=?utf-8?q?x?=", "k@x.test"),))),
    "no name at all": Odd(draft(sender=Address("", "hana@aoki.test"))),
    "200 recipients": Odd(draft(to=people(200))),
    "100 recipients and 100 copies": Odd(draft(to=people(100), cc=people(100, start=100))),
    "the longest address": Odd(draft(to=(Address("", "a" * 64 + "@" + "b" * 60 + ".test"),))),
    "a quoted local part": Odd(draft(to=(Address("Ken", '"ken sato"@x.test'),))),
    "a domain in another script": Odd(
        draft(to=(Address("Anna", "anna@bücher.test"), Address("", "a@straße.test"))),
        to=(Address("Anna", "anna@xn--bcher-kva.test"), Address("", "a@xn--strae-oqa.test")),
    ),
    "a local part in another script": Odd(draft(to=(Address("安", "安@例え.test"),))),
}
TEXTS = {
    "nothing but a file": Odd(draft(text="", attachments=(file("a.pdf"),)), text="\n"),
    "lines of dots": Odd(draft(text=".\n..\n.\r\n. \n")),
    "lines that begin with From": Odd(draft(text="From here\n>From there\nFrom \n")),
    "a line of 5,000 letters": Odd(draft(text="x" * 5000 + "\n")),
    "a paragraph of 20,000 kana": Odd(draft(text="いろはにほへと" * 2857 + "\n")),
    "line ends of every kind": Odd(draft(text="a\rb\nc\r\nd\n\re\n"), text="a\nb\nc\nd\n\ne\n"),
    "spaces and tabs at the ends of lines": Odd(draft(text="a \n\t\nb\t \n-- \nHana\n")),
    "what PostgreSQL cannot store": Odd(draft(text="a\0b\ud800c\n"), text="abc\n"),
    "quoted-printable within": Odd(draft(text="a=20b=\n=C3=A9 é 100%=\n")),
    "no line end at the end": Odd(draft(text="Bye"), text="Bye\n"),
    "two boundaries": Odd(draft(text="--===============1==\n\n--\n", html="<p>--x--</p>\n")),
    "only spaces of every width": Odd(draft(text=" \u00a0\u3000\u200b\n")),
    "HTML in Thai and emoji": Odd(draft(text="สวัสดี\n", html="<p>สวัสดี 🙏🏽</p>\n")),
    "HTML in one line of 100,000": Odd(draft(html="<p>" + "é <b>x</b> " * 9000 + "</p>\n")),
    "HTML alone": Odd(draft(text="", html="<p>Hello</p>\n"), text="Hello\n"),
}
FILES = {
    "a picture within": Odd(draft(html='<img src="cid:a@x">\n', attachments=(image("a@x"),))),
    "three pictures and two files": Odd(
        draft(
            html='<img src="cid:a@x"><img src="cid:b@x"><img src="cid:c@x">\n',
            attachments=(file("1.pdf"), *map(image, ("a@x", "b@x", "c@x")), file("2.pdf")),
        )
    ),
    "a picture for HTML that is not there": Odd(draft(attachments=(image("a@x"),))),
    "a content id of odd characters": Odd(
        draft(html="<p>x</p>\n", attachments=(image("ii_l0g$%'*+/{}~^`|!#&-.1@x"),)),
        names=["ii_l.png"],
    ),
    "a file named in kanji": Odd(draft(attachments=(file("請求書 2026年11月.pdf"),))),
    "a file named in emoji": Odd(draft(attachments=(file("🎁👩‍💻.pdf"),))),
    "a file named from right to left": Odd(draft(attachments=(file("חוזה סופי.pdf"),))),
    "a file name of 146 kanji": Odd(draft(attachments=(file("長" * 146 + ".pdf"),))),
    "a file name of 255 letters": Odd(
        draft(attachments=(file("n" * 251 + ".pdf"),)), names=["n" * 146 + ".pdf"]
    ),
    "quotes and percent signs in a file name": Odd(
        draft(attachments=(file("100%27 'a' = b, d&e (1).pdf"),))
    ),
    "a semicolon in a file name": Odd(draft(attachments=(file("a; b=c; d.pdf"),))),
    "a path for a file name": Odd(
        draft(attachments=(file("C:\\Users\\hana\\a.pdf"), file("../../x.pdf"))),
        names=["a.pdf", "x.pdf"],
    ),
    "a file without a name": Odd(draft(attachments=(file(""),)), names=["attachment.pdf"]),
    "the same file twice": Odd(draft(attachments=(file("a.pdf"), file("a.pdf", b"2")))),
    "an empty file": Odd(draft(attachments=(file("empty.txt", b"", "text/plain"),))),
    "every byte, many times": Odd(draft(attachments=(file("all.bin", bytes(range(256)) * 999),))),
    "text with bare line ends": Odd(
        draft(attachments=(file("a.csv", "ä;b\nc\rd\r\n.\r\n\0".encode("latin-1"), "text/csv"),))
    ),
    "an invitation": Odd(
        draft(attachments=(file("invite.ics", b"BEGIN:VCALENDAR\r\n", "text/calendar"),))
    ),
    "types that are none": Odd(
        draft(attachments=(file("a.x", kind="x"), file("b.x", kind="a/b; c=d\r\nBcc: e@x.test"))),
        types=["application/octet-stream"] * 2,
    ),
    "a message as a file": Odd(
        draft(attachments=(file("a.eml", b"Subject: x\r\n\r\ny", "message/rfc822"),)),
        types=["application/octet-stream"],
    ),
    "30 files": Odd(draft(attachments=tuple(file(f"ファイル{n:02}.pdf") for n in range(30)))),
    "two megabytes": Odd(draft(attachments=(file("large.bin", b"\xff\0\r\n" * 500_000),))),
}
ROWS = {
    "as plain as can be": Odd(BASE),
    "500 references": Odd(
        draft(in_reply_to="499@x.test", references=tuple(f"{n}@x.test" for n in range(500)))
    ),
    "a way to unsubscribe": Odd(draft(unsubscribe_url="https://crm.test/stop/" + "a1-_." * 40)),
    "everything at once": Odd(
        draft(
            sender=Address("森, 花 🌸", "hana@aoki.test"),
            to=people(20),
            cc=people(20, start=20),
            subject="契約書の件 🎉 " * 20 + "x",
            text="こんにちは\n\nFrom here\n.\n",
            html='<p>こんにちは<img src="cid:logo@x"></p>\n',
            attachments=(file("請求書.pdf"), image("logo@x"), file("見積.xlsx", b"PK\3\4")),
        )
    ),
    **SUBJECTS,
    **NAMES,
    **TEXTS,
    **FILES,
}
