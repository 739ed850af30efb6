"""When a typed line is due: "Call Aiko tomorrow 10:00", 明日10時. Text and the present in,
the title and a moment out. What is not understood stays in the title.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

ALL_DAY = time(23, 59)  # some time that day: late only when the day is over
WIDE = "".join(chr(0xFF10 + n) for n in range(10)) + "\uff1a\uff0f\u3000"
HALF_WIDTH = str.maketrans(WIDE, "0123456789:/ ")  # one for one, so that places stay
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SHORT = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
KANJI = "月火水木金土日"

WEEKDAY = "|".join([*WEEKDAYS, *SHORT])
MONTH = "(?:" + "|".join(MONTHS) + ")[a-z]*"
EDGE = r"(?:(?<![\w:./@-])(?:(?:on|at|by|until)\s+)?|(?<=[ぁ-ヿ一-鿿]))"
JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
LEADS = re.compile(r"(?:までに|まで|に)[\s、]*|[\s、]+")  # what may follow a date at the start
MOST_LEAD = 30
END = r"\s*(?:までに|まで|に)?\s*$"

Reader = Callable[[re.Match[str], date], date]


class Due(NamedTuple):
    title: str
    at: datetime | None


def read(text: str, now: datetime) -> Due:
    """read("Call Aiko tomorrow 10:00", now) -> Due("Call Aiko", tomorrow at ten).

    `now` is a local time with its zone, in which the text is meant. A day stands at the end, before
    or after a time; in Japanese at the beginning too.
    """
    line = text.strip()
    try:
        found = _from_the_end(line, now) or _from_the_start(line, now)
    except (ValueError, OverflowError):  # the 30th of February
        return Due(line, None)
    if found is None:
        return Due(line, None)
    rest, day, clock = found
    at = datetime.combine(day or now.date(), clock or ALL_DAY, now.tzinfo)
    if day is None and at <= now:
        at = datetime.combine(now.date() + timedelta(days=1), clock or ALL_DAY, now.tzinfo)
    return Due(rest or line, at)


Found = tuple[str, date | None, time | None]


def _from_the_end(line: str, now: datetime) -> Found | None:
    plain = line.translate(HALF_WIDTH)
    length, clock = _cut_time(plain, len(plain))
    length, day = _cut_day(plain, length, now.date())
    if clock is None and day is not None:
        length, clock = _cut_time(plain, length)
    return (line[:length].strip(" ,、\u3000"), day, clock) if day or clock else None


def _from_the_start(line: str, now: datetime) -> Found | None:
    """明日10時に田中さんに電話: the leading words, where they are nothing but a date."""
    for lead in reversed([*LEADS.finditer(line[:MOST_LEAD])]):
        words = line[: lead.start()]
        found = _from_the_end(words, now) if JAPANESE.search(words) else None
        if found and not found[0]:
            return line[lead.end() :].strip(), found[1], found[2]
    return None


# --- times ----------------------------------------------------------------------------------------


def _cut_time(plain: str, length: int) -> tuple[int, time | None]:
    for pattern in TIMES:
        if found := pattern.search(plain[:length]):
            return found.start(), _time(found)
    return length, None


def _time(found: re.Match[str]) -> time:
    said = {name: value for name, value in found.groupdict().items() if value}
    hour, half = int(said.get("hour", 12)), said.get("half", "").lower()
    if half in ("pm", "午後") and hour < 12:
        hour += 12
    elif half in ("am", "午前") and hour == 12:
        hour = 0
    return time(hour, 30 if "thirty" in said else int(said.get("minute", 0)))


def _patterns(*patterns: str) -> list[re.Pattern[str]]:
    return [re.compile(EDGE + "(?:" + each + ")" + END, re.IGNORECASE) for each in patterns]


TIMES = _patterns(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})\s?(?P<half>am|pm)?",
    r"(?P<hour>\d{1,2})\s?(?P<half>am|pm)",
    r"(?P<half>午前|午後)?(?P<hour>\d{1,2})時(?:(?P<minute>\d{1,2})分|(?P<thirty>半))?",
    r"noon|正午",
)


# --- days -----------------------------------------------------------------------------------------


def _cut_day(plain: str, length: int, today: date) -> tuple[int, date | None]:
    for pattern, reader in DAYS:
        if found := pattern.search(plain[:length]):
            return found.start(), reader(found, today)
    return length, None


def _in(days: int) -> Reader:
    return lambda _found, today: today + timedelta(days=days)


def _after(found: re.Match[str], today: date) -> date:
    """in 3 days, 2週間後"""
    weeks = found["unit"].lower().startswith(("week", "週"))
    return today + timedelta(days=int(found["n"]) * (7 if weeks else 1))


def _weekday(found: re.Match[str], today: date) -> date:
    """The next one after today; "next Friday" is the one of next week."""
    name = found["day"].lower()
    if name in KANJI:
        wanted = KANJI.index(name)
    else:
        wanted = SHORT[name] if name in SHORT else WEEKDAYS.index(name)
    if found["next"]:
        return today + timedelta(days=7 - today.weekday() + wanted)
    return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)


def _next_week(_found: re.Match[str], today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def _date(found: re.Match[str], today: date) -> date:
    """3/17, 17.3., 17 March, 3月17日, 2027-03-17: without a year the next one that comes."""
    month, day = found["month"], int(found["day"])
    number = int(month) if month.isdecimal() else MONTHS.index(month[:3].lower()) + 1
    if number > 12:  # 17/3
        number, day = day, number
    if found["year"]:
        return date(int(found["year"]), number, day)
    this = date(today.year, number, day)
    return this if this >= today else date(today.year + 1, number, day)


YEAR = r"(?P<year>20\d\d)"
DAYS: list[tuple[re.Pattern[str], Reader]] = [
    (_patterns(pattern)[0], reader)
    for pattern, reader in (
        (r"day after tomorrow|明後日|あさって", _in(2)),
        (r"tomorrow|明日|あした", _in(1)),
        (r"today|今日|本日", _in(0)),
        (r"in (?P<n>\d{1,3}) (?P<unit>days?|weeks?)", _after),
        (r"(?P<n>\d{1,3})(?P<unit>日|週間)後", _after),
        (rf"(?:(?P<next>next)\s|this\s)?(?P<day>{WEEKDAY})", _weekday),
        (rf"(?P<next>来週)の?(?P<day>[{KANJI}])(?:曜日?)?", _weekday),
        (rf"(?P<next>(?!))?(?P<day>[{KANJI}])曜日?", _weekday),
        (r"next week|来週", _next_week),
        (rf"{YEAR}-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})", _date),
        (rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})(?:/{YEAR})?", _date),
        (rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{YEAR}?", _date),
        (rf"(?:{YEAR}年)?(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日", _date),
        (rf"(?P<day>\d{{1,2}}) (?P<month>{MONTH})(?: {YEAR})?", _date),
        (rf"(?P<month>{MONTH}) (?P<day>\d{{1,2}})(?:,? {YEAR})?", _date),
    )
]
