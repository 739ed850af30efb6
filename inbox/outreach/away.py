"""Until when somebody is away, by what their automatic reply says (M56). Pure; nothing raises.

>>> away_until("I am out of the office until 12 May.", date(2026, 5, 4))
datetime.date(2026, 5, 12)

Whether a day that is named is the last one away or the first one back is not told apart: the
working day after it is right for both. A date counts only near words of coming back or of being
away, so that neither a trade fair in a signature nor a telephone number is one.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

FURTHEST = timedelta(days=180)  # a longer absence is a mistake of ours, or of theirs
LONGEST_TEXT = 3000

_MONTHS = {
    1: "january januar jänner janvier enero gennaio januari jan janv",
    2: "february februar février fevrier febrero febbraio februari feb febr févr fev",
    3: "march märz maerz mars marzo maart mar mär mrz",
    4: "april avril abril aprile apr avr abr",
    5: "may mai mayo maggio mei",
    6: "june juni juin junio giugno jun",
    7: "july juli juillet julio luglio jul juil",
    8: "august août aout agosto augustus aug",
    9: "september septembre septiembre settembre sep sept",
    10: "october oktober octobre octubre ottobre oct okt",
    11: "november novembre noviembre nov",
    12: "december dezember décembre decembre diciembre dicembre dec dez déc dic",
}
_MONTH = {name: number for number, names in _MONTHS.items() for name in names.split()}
_WEEKDAYS = {
    0: "monday montag lundi lunes lunedì maandag",
    1: "tuesday dienstag mardi martes martedì dinsdag",
    2: "wednesday mittwoch mercredi miércoles mercoledì woensdag",
    3: "thursday donnerstag jeudi jueves giovedì donderdag",
    4: "friday freitag vendredi viernes venerdì vrijdag",
    5: "saturday samstag samedi sábado sabato zaterdag",
    6: "sunday sonntag dimanche domingo domenica zondag",
}
_WEEKDAY = {name: number for number, names in _WEEKDAYS.items() for name in names.split()}
_WEEKDAY |= {f"{sign}曜": number for number, sign in enumerate("月火水木金土日")}

_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_Y = r"(?P<y>20\d\d)"
_DATES = [
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_Y}[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?!\d)",
        rf"(?<![\d.])(?P<d>\d{{1,2}})\.\s?(?P<m>\d{{1,2}})\.(?:\s?{_Y}|\s?(?P<yy>\d\d))?(?!\d)",
        rf"(?<![\d/])(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?:/{_Y}|/(?P<yy>\d\d))?(?![\d/])",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s*(?:of\s|de\s)?\s*(?P<name>{_NAME})\b"
        rf"(?:\.?,?\s(?:de\s)?{_Y})?",
        rf"\b(?P<name>{_NAME})\b\.?\s(?:\d{{1,2}}\s?[-–]\s?)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?"
        rf"(?![\d:])(?:,?\s{_Y})?",
        rf"(?:{_Y}年|令和(?P<era>\d{{1,2}})年)?(?P<m>\d{{1,2}})月(?P<d>\d{{1,2}})日",
        r"(?P<m>\d{1,2})月\d{1,2}日(?:\(.{1,3}\))?\s?(?:[~〜\-–]|から)\s?(?P<d>\d{1,2})日",
    )
]
_BEFORE = re.compile(
    r"\b(?:until|till?|through|thru|back|return\w*|again|resum\w+|after|from|away|leave|vacation"
    r"|holidays?|out of (?:the )?office|ooo|office (?:is )?closed|bis|ab|vom|zurück\w*|wieder"
    r"|abwesen\w+|urlaub\w*|nicht (?:im|am)|retour|jusqu\w*|absent\w*|cong[ée]s?|du|après"
    r"|reprend\w*|hasta|regres\w+|vuelv\w+|vacaciones|fino|rientr\w+|ferie|tot|terug|afwezig)\b"
    r"|不在|休暇|休業|休み|出張|期間"
)
_AFTER = re.compile(
    r"\b(?:back|return\w*|again|zurück|wieder|de retour|terug|di nuovo)\b"
    r"|まで|迄|より|から|以降|復帰|出社|戻|再開"
)
_NEAR = 70  # characters between such a word and its date
_NEXT_WEEK = re.compile(r"\bnext week\b|nächste[rn]? woche|la semaine prochaine|来週")
_A_DAY = re.compile("|".join(sorted(_WEEKDAY, key=len, reverse=True)))


def away_until(text: str, today: date) -> date | None:
    """The last day that it names as one of being away, or the first one of being back.

    `today` is the day on which it was sent, which a year that is left out is told by. None where
    no day is named, or only days that are over.
    """
    line = " ".join(unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower().split())
    days = [day for found in _dates_near(line) if (day := _nearest(found, today))]
    latest = max(days, default=None) or _weekday(line, today)
    return latest if latest and today <= latest <= today + FURTHEST else None


def _dates_near(line: str) -> Iterator[re.Match[str]]:
    for pattern in _DATES:
        for found in pattern.finditer(line):
            before = line[max(0, found.start() - _NEAR) : found.start()]
            after = line[found.end() : found.end() + _NEAR // 2]
            if _BEFORE.search(before) or _AFTER.search(after):
                yield found


def _nearest(found: re.Match[str], today: date) -> date | None:
    """Of what it may mean the next day to come; 5/12 is in May or in December."""
    said = {name: value for name, value in found.groupdict().items() if value}
    if "a" in said:
        a, b = int(said["a"]), int(said["b"])
        meant = [(a, b), (b, a)]
    else:
        month = _MONTH[said["name"]] if "name" in said else int(said["m"])
        meant = [(month, int(said["d"]))]
    days = [day for month, day_of in meant for day in _days(said, month, day_of, today)]
    return min((day for day in days if day >= today), default=None)


def _days(said: dict[str, str], month: int, day: int, today: date) -> Iterable[date]:
    """The day; where no year is told, that of the year in which it is nearest."""
    try:
        if year := _year(said):
            return [date(year, month, day)]
        years = (today.year - 1, today.year, today.year + 1)
        return [min((date(y, month, day) for y in years), key=lambda each: abs(each - today))]
    except ValueError:  # the 30th of February
        return []


def _year(said: dict[str, str]) -> int:
    if "era" in said:
        return 2018 + int(said["era"])  # Reiwa
    return int(said.get("y", 0)) or (2000 + int(said["yy"]) if "yy" in said else 0)


def _weekday(line: str, today: date) -> date | None:
    """Back on Monday, back next week: where no date is named."""
    monday = today + timedelta(days=7 - today.weekday())
    for found in _A_DAY.finditer(line):
        before = line[max(0, found.start() - _NEAR // 2) : found.start()]
        after = line[found.end() : found.end() + _NEAR // 2]
        if not (_BEFORE.search(before) or _AFTER.search(after)):
            continue
        day = _WEEKDAY[found[0]]
        if _NEXT_WEEK.search(before):
            return monday + timedelta(days=day)
        return today + timedelta(days=(day - today.weekday() - 1) % 7 + 1)
    return monday if _NEXT_WEEK.search(line) and _BEFORE.search(line) else None
