"""How mail programs announce what they quote: separators, header blocks, sentences, signatures.

Every pattern looks at one line that was cut to 400 characters; those with two open ends are
anchored words, so that the time stays linear.
"""

import re

_SEPARATOR = re.compile(
    r"^[>\s]*-{2,}\s*(?:original message|original-nachricht|ursprüngliche nachricht|reply message"
    r"|message d'origine|message original|mensaje original|messaggio originale|mensagem original"
    r"|oorspronkelijk bericht|oprindelig meddelelse|opprinnelig melding|oprindelig besked"
    r"|original besked"
    r"|ursprungligt meddelande"
    r"|alkuperäinen viesti|původní zpráva|пересылаемое сообщение"
    r"|исходное сообщение|wiadomość oryginalna|original e-?mail|元のメッセージ"
    r"|オリジナル メッセージ|original appointment|原始邮件|原始郵件|원본 메시지)\s*-{2,}",
    re.IGNORECASE,
)
_WROTE_BETWEEN_DASHES = re.compile(
    r"^-{2,}.{0,200}?(?:wrote|schrieb|a écrit|escribió|ha scritto|написала?)\s?:?\s?-{2,}$",
    re.IGNORECASE,
)
_FORWARDS = re.compile(
    r"^(?:-{2,}|_{2,})?\s*(?:begin forwarded message|forwarded (?:message|by)|転送メッセージ"
    r"|weitergeleitete nachricht|message transféré|mensaje reenviado|messaggio inoltrato)",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[_\-=*]{3,}$")
_HEADER = re.compile(
    r"^\*?(?P<name>message du|from|von|de|da|van|från|fra|od|lähettäjä"
    r"|от|差出人|送信者|发件人|寄件者|보낸 사람"
    r"|sent|date|gesendet|datum|envoyé|fecha|enviado|data|inviato|verzonden|skickat|sendt"
    r"|päivämäärä|lähetetty|wysłano|дата|отправлено|送信日時|日時|日付|发送时间|日期|보낸 날짜"
    r"|to|an|à|para|a|aan|till|til|vastaanottaja|do|кому|宛先|收件人|받는 사람|cc|kopie"
    r"|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|тема|件名|主题"
    r"|主旨|제목)\s?(?::|：)\*?(?:\s|$|(?<=：))",
    re.IGNORECASE,
)
_FIRST_HEADERS = frozenset(
    (
        "message du",
        "from",
        "von",
        "de",
        "da",
        "van",
        "från",
        "fra",
        "od",
        "lähettäjä",
        "от",
        "差出人",
        "送信者",
    )
    + (
        "发件人",
        "寄件者",
        "보낸 사람",
        "sent",
        "date",
        "datum",
        "fecha",
        "data",
        "送信日時",
        "日時",
    )
)

_WROTE = re.compile(
    r"(?:\bwrote|\bwrites|\bschrieb|\bhat geschrieben|\ba écrit|\bescribió|\bha scritto|\bescreveu"
    r"|\bschreef|\bskrev|\bkirjoitti|\bnapisał(?:\(a\)|a)?|\bпишет|\bнаписала?|\bnapsal(?:\(a\)|a)?"
    r"|\bgeschreven|\byazdı|\bviết|\bγραψε|\bscrisese?|\ba scris|\bírta|\bescrigué"
    r"|のメール|さんは書きました|が書きました|さんのメッセージ|写道|寫道|님이 작성)"
    r"[^:：]{0,120}[:：]\s*(?:>.*)?$",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"^(?:on|am|le|el|il|em|op|den|på|pe|ma|dnia|w dniu|dne|no dia|at|ti|la)?\b.{0,120}"
    r"(?:\d{4}|\d{1,2}[:.]\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2})",
    re.IGNORECASE,
)
# Gmail in Japanese: `2026年3月17日(火) 10:24 青木 花 <hana@aoki.test>:`
_JAPANESE = re.compile(
    r"^\d{4}年\d{1,2}月\d{1,2}日.{0,20}?(?:\d{1,2}[:時]\d{0,2})?.{0,200}[:：]$"
    r"|^(?:On\s)?\d{4}[/-]\d{1,2}[/-]\d{1,2}\D{0,12}\d{1,2}:\d{2}(?::\d{2})?.{0,10}[、,]?\s.{0,200}<[^<>]+@[^<>]+>"
    r".{0,20}[:：]$"
)
_ADDRESSED = re.compile(
    r"<[^<>\s]+@[^<>\s]+>(?:.{0,30}[:：]|\s(?:wrote|schrieb|a écrit|escribió|ha scritto))$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"<[^<>\s]+@[^<>\s]+>$")  # before a quote, a date and an address are enough
_OPENS = re.compile(
    r"^(?:on|am|le|el|il|em|op|den|dnia|w dniu|dne|le|at|no dia|\d{1,4}[./年-])(?:\s|(?<=\W)|\d)",
    re.IGNORECASE,
)
_SIGNS = re.compile(
    r"^(?:sent (?:from|via) (?:my |mail|outlook|yahoo|the |a )|von meinem .{1,40} gesendet"
    r"|gesendet von |envoyé à partir d"
    r"|envoyé (?:de|depuis) mon |enviado (?:desde|do) (?:mi|meu) |inviato da(?:l mio)? "
    r"|verzonden (?:vanaf|met|van) mijn |get outlook for |outlook for (?:ios|android)"
    r"|iphoneから送信|ipadから送信|androidから送信|スマートフォンから送信|.{0,20}から送信$)",
    re.IGNORECASE,
)


def separates(lines: list[str], index: int) -> bool:
    """Whether a rule, or a block of From, Date, To and Subject, begins here."""
    line = lines[index]
    if _SEPARATOR.match(line) or _WROTE_BETWEEN_DASHES.match(line):
        return True
    if _RULE.match(line):
        following = next((i for i in range(index + 1, min(index + 4, len(lines))) if lines[i]), -1)
        return following > 0 and _is_header_block(lines, following)
    return _is_header_block(lines, index)


def introduces(lines: list[str], index: int) -> bool:
    """Whether a sentence such as `On …, Hana wrote:` begins here; it may take three lines."""
    if lines[index].startswith(">") or not _may_open(lines[index]):
        return False
    sentence = ""
    for line in lines[index : index + 3]:
        sentence = f"{sentence} {line}".strip()[:400]
        if _says(sentence):
            return True
        if not line or line.startswith(">"):
            return False
    return False


def intro_before(lines: list[str], quote: int) -> int:
    """Where the sentence that announces the quote at this line begins, or the quote itself."""
    index = quote
    while index and not lines[index - 1] and quote - index < 2:
        index -= 1
    sentence = ""
    for start in range(index - 1, max(index - 4, -1), -1):
        line = lines[start]
        if not line or line.startswith(">"):
            break
        sentence = f"{line} {sentence}".strip()[:400]
        if _may_open(line) and (_says(sentence) or (_DATED.match(line) and _NAMED.search(line))):
            return start
        if start == index - 1 and _WROTE.search(line) and not _continues(lines, start):
            return start
        if start == index - 1 and not line.endswith((":", "：", ">")):
            break
    return quote


def forwards(line: str) -> bool:
    """Whether what follows was passed on rather than answered: that is what she wanted to show."""
    return bool(_FORWARDS.match(line))


def signs(line: str) -> bool:
    """Whether a mail program on a phone signed here."""
    return bool(_SIGNS.match(line))


def _continues(lines: list[str], start: int) -> bool:
    return start > 0 and bool(lines[start - 1]) and bool(_OPENS.match(lines[start - 1]))


def _may_open(line: str) -> bool:
    return bool(_OPENS.match(line) or _DATED.match(line))


def _says(sentence: str) -> bool:
    if _JAPANESE.match(sentence):
        return True
    if not _DATED.match(sentence):
        return False
    return bool(_WROTE.search(sentence) or _ADDRESSED.search(sentence))


def _is_header_block(lines: list[str], index: int) -> bool:
    """Fields of a header: three, or two and an address, From or Date first."""
    first = _HEADER.match(lines[index])
    if not first or first["name"].lower() not in _FIRST_HEADERS:
        return False
    block = [line for line in lines[index : index + 8] if line][:5]
    names = {found["name"].lower() for found in map(_HEADER.match, block) if found}
    return len(names) > 2 or (len(names) == 2 and any("@" in line for line in block))
