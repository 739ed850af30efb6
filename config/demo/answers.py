"""What the demo's customers answer, in English and Japanese, and how they quote. Data and words."""

import hashlib
from collections.abc import Sequence

FIRST = {
    "en": (
        "Hello {name},\n\nthank you, that is just what I needed. Could we speak about it on"
        " Thursday at ten? I will bring Peter from purchasing.\n\nBest regards,\n{me}",
        "Hi {name},\n\nthanks for the quick mail. Two questions before I pass it on: is the"
        " set-up included, and from when could we start?\n\nKind regards\n{me}",
        "Dear {name},\n\nI have read it through and it looks good to us. Please send the offer"
        " to me directly, I will have it signed this week.\n\nRegards,\n{me}",
        "Hello {name},\n\ngot it, thank you. I have to ask my colleague first and will come back"
        " to you by Friday.\n\n{me}",
    ),
    "ja": (
        "{name} 様\n\nお世話になっております。{me}でございます。\nご連絡ありがとうございます。"
        "内容を確認いたしました。\n来週火曜日の午後にお打ち合わせのお時間をいただけますでしょうか。"
        "\n\nどうぞよろしくお願いいたします。\n\n{me}",
        "{name} 様\n\n"
        "いつも大変お世話になっております。{me}です。\nお見積りの件、社内で検討いたします。"
        "\n導入までの日程も併せてお知らせいただけますと幸いです。\n\n"
        "よろしくお願いいたします。\n\n{me}",
        "{name} 様\n\nお世話になっております。\n早速のご返信、誠にありがとうございます。\n"
        "いただいた内容で問題ございませんので、このまま進めていただけますでしょうか。"
        "\n\n引き続きよろしくお願いいたします。\n\n{me}",
    ),
}
LATER = {
    "en": (
        "Hello {name},\n\nperfect, then let us do it like that.\n\nBest regards,\n{me}",
        "Hi {name},\n\nthanks, that answers my question. You will hear from me next week.\n\n{me}",
        "Hello {name},\n\nagreed. I have put it into the calendar.\n\nRegards\n{me}",
    ),
    "ja": (
        "{name} 様\n\n"
        "ご回答ありがとうございます。承知いたしました。\nそれでは、そのように手配をお願いいたします。"
        "\n\n{me}",
        "{name} 様\n\n"
        "お世話になっております。\nご丁寧にありがとうございます。当日はよろしくお願いいたします。"
        "\n\n{me}",
    ),
}
# What else lies in a mailbox. Musubi looks at its headers, and leaves it alone (M6).
STRANGERS = (
    ("Lunch on Friday?", "Mika <mika@private.example>", "Shall we go to the noodle place again?"),
    ("Your weekly offers", "Shop <news@shop.example>", "Everything for your office, 20 % off."),
    ("健康診断の結果について", "医院 <info@clinic.example>", "結果が出ました。ご来院ください。"),
)
QUOTED = {
    "en": "On {date:%d %b %Y at %H:%M}, {who} wrote:",
    "ja": "{date:%Y年%m月%d日 %H:%M}、{who} のメール:",
}


def answer(language: str, about: str, *, name: str, me: str, rounds: int) -> str:
    """The same mail is answered the same way; the first answer of a conversation is longer."""
    choices: Sequence[str] = (LATER if rounds > 1 else FIRST)[language]
    pick = hashlib.sha256(about.encode()).digest()[0] % len(choices)
    return choices[pick].format(name=name, me=me)
