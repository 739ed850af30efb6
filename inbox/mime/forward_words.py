"""What mail programs call the fields of a message that they pass on, in the languages that they
speak, and the dates that they write there. M16."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from inbox.mime.headers import date as rfc_date

ROLES: dict[str, str] = {
    "from": "from|von|de|da|van|från|fra|od|lähettäjä|от|отправитель|kimden|gönderen|差出人|送信者"
    "|送信元|发件人|寄件者|寄件人|보낸 사람|보낸사람",
    "date": "date|sent|sent on|gesendet|datum|envoyé|envoyé le|fecha|enviado|enviado el|enviada em"
    "|data|inviato|verzonden|skickat|sendt|dato|päivämäärä|lähetetty|wysłano|odesláno|дата"
    "|отправлено|tarih|gönderildi|gönderme tarihi|送信日時|日時|日付|发送时间|时间|日期|寄件日期"
    "|傳送日期|보낸 날짜|날짜",
    "to": "to|an|à|para|a|aan|till|til|vastaanottaja|do|komu|кому|kime|alıcı|宛先|收件人|收件者"
    "|받는 사람|받는사람",
    "cc": "cc|kopie|copie|copie à|copia|kopia|kopi|kopio|dw|копия|bilgi|抄送|副本|참조",
    "bcc": "bcc|bcc:|cci|cco|密送",
    "reply_to": "reply-to|reply to|antwort an|antworten an|répondre à|responder a|rispondi a"
    "|antwoord aan|返信先|回复|回覆至|답장 받는 사람",
    "subject": "subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat"
    "|předmět|тема|konu|件名|主题|主旨|제목",
}
_ROLE_OF = {word: role for role, words in ROLES.items() for word in words.split("|")}
_FIELD = re.compile(r"\*{0,2}([^\W\d_][^:：*<>@]{0,24}?)\s{0,3}\*{0,2}[:：]\*{0,2}\s{0,20}(.*)$")
_LONGEST = 2_000

_MONTHS = (*("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),)
# Beginnings of months that do not begin as in English; the number is theirs.
_MONTH_WORDS = {
    **{name: number for number, name in enumerate(_MONTHS, start=1)},
    "mär": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
    "fév": 2,
    "avr": 4,
    "juin": 6,
    "juil": 7,
    "aoû": 8,
    "déc": 12,
    "ene": 1,
    "abr": 4,
    "ago": 8,
    "dic": 12,
    "gen": 1,
    "mag": 5,
    "giu": 6,
    "lug": 7,
    "set": 9,
    "ott": 10,
    "fev": 2,
    "out": 10,
    "maa": 3,
    "mrt": 3,
    "mei": 5,
    "maj": 5,
    "янв": 1,
    "фев": 2,
    "мар": 3,
    "апр": 4,
    "мая": 5,
    "май": 5,
    "июн": 6,
    "июл": 7,
    "авг": 8,
    "сен": 9,
    "окт": 10,
    "ноя": 11,
    "дек": 12,
}
_TIME = re.compile(
    r"(午前|午後|上午|下午|오전|오후)?\s*(?<![\d.])(\d{1,2})[:h時시点.](\d{2})(?![.\d])"
    r"(?:[:分](\d{2}))?(?:\s*([ap])\.?m\b)?",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"\b(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})")
_NUMBERS = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})[./-](\d{4})\b")
_DAY_MONTH = re.compile(r"\b(\d{1,2})(?:er|st|nd|rd|th|\.|º)?\s+(?:de\s+)?([^\W\d_]{3,12})\b")
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_ZONE = re.compile(r"(?:\b(?:UTC|GMT)\s?|\s)([+-])(\d{1,2}):?(\d{2})?\b|\b(UTC|GMT|JST|KST)\b|Z$")


def field(line: str) -> tuple[str, str] | None:
    """The role and the value of a line that is a field of a forwarded header.

    >>> field("*差出人：* 青木 <yuki@aoki.example>")
    ('from', '青木 <yuki@aoki.example>')
    """
    found = _FIELD.match(line[:_LONGEST])
    role = _ROLE_OF.get(found[1].strip().lower()) if found else None
    return (role, found[2].strip()) if found and role else None


def moment(written: str, zone: tzinfo) -> datetime | None:
    """When it was sent, in UTC; in `zone` where the program left the time zone out."""
    text = written[:200].strip().replace("\u202f", " ").replace("\xa0", " ")
    day, time = _day(text), _TIME.search(text)
    exact = rfc_date(text) if re.search(r"[+-]\d{4}\b", text) else None
    if exact:
        return exact
    if day is None:
        return None
    hour, minute, second = _clock(time) if time else (12, 0, 0)
    try:
        local = datetime(*day, hour, minute, second, tzinfo=_zone(text) or zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> tuple[int, int, int] | None:
    """Year, month, day."""
    if found := _YEAR_FIRST.search(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NUMBERS.search(text):
        one, other, year = int(found[1]), int(found[3]), int(found[4])
        american = found[2] == "/" and re.search(r"\d\s?[ap]\.?m\b", text, re.IGNORECASE)
        if other > 12 or (american and one <= 12):
            one, other = other, one
        return year, other, one
    year_found = _YEAR.search(text)
    if year_found is None:
        return None
    for pattern, day_at, month_at in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for found in pattern.finditer(text):
            month = _month(found[month_at].lower())
            if month:
                return int(year_found[0]), month, int(found[day_at])
    return None


def _month(word: str) -> int:
    return next((_MONTH_WORDS[word[:n]] for n in (4, 3) if word[:n] in _MONTH_WORDS), 0)


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    hour, half = int(found[2]), (found[5] or "").lower()
    late = half == "p" or found[1] in ("午後", "下午", "오후")
    early = half == "a" or found[1] in ("午前", "上午", "오전")
    if late and hour < 12:
        hour += 12
    elif early and hour == 12:
        hour = 0
    return hour, int(found[3]), int(found[4] or 0)


def _zone(text: str) -> tzinfo | None:
    found = _ZONE.search(text)
    if found is None:
        return None
    if found[1] is None:
        return timezone(timedelta(hours=9)) if found[4] in ("JST", "KST") else UTC
    away = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if away >= timedelta(hours=24):
        return None
    return timezone(-away if found[1] == "-" else away)
