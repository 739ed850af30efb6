"""The demo's customers answer in their language, to whoever wrote, into the same conversation."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from config.demo import customers
from config.demo.customers import reply_to
from inbox.mime.parse import parse


def letter(to: str, sender: str = "Hana Sato <hana@kumo.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Offer"
    message["Message-ID"] = "<q2@kumo.example>"
    message["References"] = "<q1@kumo.example> <a1@weber-soehne.example>"
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0000"
    message.set_content("Here it is.\n")
    return message


def answered(to: str) -> EmailMessage:
    reply = reply_to(letter(to))
    assert reply is not None
    return message_from_bytes(reply.as_bytes(), policy=default)


@pytest.mark.rule("M7")
def test_an_answer_names_what_it_answers() -> None:
    reply = answered("Anna Weber <anna.weber@weber-soehne.example>")
    assert reply["In-Reply-To"] == "<q2@kumo.example>"
    assert reply["References"].split()[-1] == "<q2@kumo.example>"
    assert reply["References"].split()[0] == "<q1@kumo.example>"
    assert reply["To"] == "Hana Sato <hana@kumo.example>"
    assert reply["Subject"] == "Re: Offer"


def test_the_same_question_has_the_same_answer() -> None:
    first, second = (answered("anna.weber@weber-soehne.example") for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()


def test_they_write_their_language_and_quote() -> None:
    english = parse(answered("anna.weber@weber-soehne.example").as_bytes())
    assert english.reply_text.endswith("Anna Weber")
    assert "Hana" in english.reply_text
    assert "> Here it is." in english.quoted_text
    japanese = parse(answered("yuki.aoki@aoki-shoten.example.jp").as_bytes())
    assert japanese.reply_text.endswith("青木")
    assert "Hana Sato 様" in japanese.reply_text
    assert "> Here it is." in japanese.quoted_text


@pytest.mark.parametrize(
    ("to", "sender"),
    [
        ("ken@kumo.example", "hana@kumo.example"),  # colleagues among themselves
        ("anna.weber@weber-soehne.example", "shop@news.example"),  # not from the house
    ],
)
def test_other_mail_is_left_alone(to: str, sender: str) -> None:
    assert reply_to(letter(to, sender)) is None


def test_an_address_that_no_ascii_can_be_made_of_silences_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert customers._reply(letter("日本@例え.jp")) is None
    assert "cannot answer" in capsys.readouterr().err
