"""Three templates in each language, to begin with (M24): content, so not part of the catalogue."""

from typing import NamedTuple


class Starter(NamedTuple):
    name: str
    subject: str
    text: str


STARTERS: dict[str, tuple[Starter, ...]] = {
    "en": (
        Starter(
            "Introduction",
            'A question about {{ company.name|"your company" }}',
            'Dear {{ contact.first_name|"Sir or Madam" }},\n\n'
            "I am {{ sender.name }}. I read about your work and believe that we could save you time"
            " with it. May I show you how in a quarter of an hour?\n\n"
            "Which day suits you?\n\nKind regards\n{{ sender.name }}",
        ),
        Starter(
            "Offer",
            "Our offer: {{ deal.name }}",
            'Dear {{ contact.first_name|"customer" }},\n\n'
            "Thank you for your time. As agreed, here is our offer for {{ deal.name }}, at"
            " {{ deal.amount }} in all.\n\n"
            "Do you have any questions? I am glad to call you.\n\nKind regards\n{{ sender.name }}",
        ),
        Starter(
            "Following up",
            "Did my e-mail arrive?",
            'Dear {{ contact.first_name|"customer" }},\n\n'
            "I wrote to you last week and would like to know what you think. If another colleague"
            " is the right one to ask, a name would help me.\n\nKind regards\n{{ sender.name }}",
        ),
    ),
    "ja": (
        Starter(
            "はじめてのご挨拶",
            "ご挨拶({{ sender.name }})",
            '{{ company.name|"" }}\n{{ contact.family_name|"ご担当者" }}様\n\n'
            "突然のご連絡失礼いたします。{{ sender.name }}と申します。\n"
            "貴社のお役に立てるご提案があり、ご連絡いたしました。\n\n"
            "15分ほどお時間をいただけないでしょうか。ご都合のよい日時をお知らせください。\n\n"
            "何卒よろしくお願いいたします。\n{{ sender.name }}",
        ),
        Starter(
            "お見積り",
            "お見積りの件({{ deal.name }})",
            '{{ company.name|"" }}\n{{ contact.family_name|"ご担当者" }}様\n\n'
            "いつもお世話になっております。{{ sender.name }}です。\n"
            "{{ deal.name }}のお見積り({{ deal.amount }})をお送りいたします。\n\n"
            "ご不明な点がございましたら、お気軽にお問い合わせください。\n\n"
            "よろしくお願いいたします。\n{{ sender.name }}",
        ),
        Starter(
            "ご確認のお願い",
            "先日のメールにつきまして",
            '{{ company.name|"" }}\n{{ contact.family_name|"ご担当者" }}様\n\n'
            "いつもお世話になっております。{{ sender.name }}です。\n"
            "先日お送りしたメールはご覧いただけましたでしょうか。\n\n"
            "お忙しいところ恐れ入りますが、ご返信いただけますと幸いです。\n\n"
            "よろしくお願いいたします。\n{{ sender.name }}",
        ),
    ),
}


def starters(language: str) -> tuple[str, tuple[Starter, ...]]:
    """(language, its starters); English where there are none in that one."""
    language = language if language in STARTERS else "en"
    return language, STARTERS[language]
