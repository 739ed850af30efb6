"""inbox/mime/invitations.py: what a calendar part says. RFC 5545."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.parse import parse
from inbox.mime.types import Address, Invitation

EVENT = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1@aoki.test
SUMMARY:Kick-off\\, second floor
DTSTART;TZID=Asia/Tokyo:20260518T100000
DTEND;TZID=Asia/Tokyo:20260518T113000
LOCATION:Room 4
ORGANIZER;CN=Yuki Aoki:mailto:yuki@aoki.test
ATTENDEE;CN=Hana;PARTSTAT=ACCEPTED:mailto:hana@crm.test
ATTENDEE:MAILTO:ken@crm.test
END:VEVENT
END:VCALENDAR
"""


def mail(calendar: str, kind: str = "text/calendar; method=REQUEST; charset=utf-8") -> bytes:
    head = "From: yuki@aoki.test\nContent-Type: multipart/alternative; boundary=x\n\n"
    return f"{head}--x\n\nCome!\n--x\nContent-Type: {kind}\n\n{calendar}\n--x--\n".encode()


def read(calendar: str) -> Invitation:
    found = parse(mail(calendar)).invitation
    assert found is not None
    return found


@pytest.mark.rule("M18")
def test_an_invitation_says_what_when_where_and_who() -> None:
    message = parse(mail(EVENT))
    assert message.text == "Come!"
    assert message.invitation == Invitation(
        method="request",
        title="Kick-off, second floor",
        start=datetime(2026, 5, 18, 1, 0, tzinfo=UTC),
        end=datetime(2026, 5, 18, 2, 30, tzinfo=UTC),
        place="Room 4",
        organiser=Address("Yuki Aoki", "yuki@aoki.test"),
        attendees=(
            (Address("Hana", "hana@crm.test"), "accepted"),
            (Address("", "ken@crm.test"), "needs-action"),
        ),
    )


def test_outlooks_names_of_zones_and_lengths_are_understood() -> None:
    found = read(
        EVENT.replace(
            "TZID=Asia/Tokyo:20260518T10", "TZID=Tokyo Standard Time:20260518T10"
        ).replace("DTEND;TZID=Asia/Tokyo:20260518T113000", "DURATION:PT45M\nRRULE:FREQ=WEEKLY")
    )
    assert found.start == datetime(2026, 5, 18, 1, 0, tzinfo=UTC)
    assert found.end == datetime(2026, 5, 18, 1, 45, tzinfo=UTC)
    assert found.repeats


@pytest.mark.parametrize(
    ("old", "new", "method"),
    [
        ("METHOD:REQUEST", "METHOD:CANCEL", "cancel"),
        ("UID:", "STATUS:CANCELLED\nUID:", "cancel"),
        ("METHOD:REQUEST", "METHOD:REPLY", "reply"),
        ("METHOD:REQUEST\n", "", "publish"),
    ],
)
def test_changes_and_answers_are_told_apart(old: str, new: str, method: str) -> None:
    assert read(EVENT.replace(old, new, 1)).method == method


def test_days_without_a_time_are_days() -> None:
    days = EVENT.replace("DTSTART;TZID=Asia/Tokyo:20260518T100000", "DTSTART;VALUE=DATE:20260518")
    found = read(days.replace("DTEND;TZID=Asia/Tokyo:20260518T113000", "DTEND;VALUE=DATE:20260519"))
    assert found.all_day
    assert found.start == datetime(2026, 5, 18, tzinfo=UTC)


@pytest.mark.parametrize("calendar", ["", "BEGIN:VCALENDAR", EVENT.replace("DTSTART", "X-START")])
def test_what_is_no_event_is_no_invitation(calendar: str) -> None:
    assert parse(mail(calendar)).invitation is None


@given(st.text(max_size=300), st.sampled_from(["DTSTART:", "ATTENDEE:", "RRULE:", "DTSTART;TZID="]))
def test_nothing_raises(noise: str, name: str) -> None:
    parse(mail(EVENT.replace("SUMMARY:", f"{name}{noise}\nSUMMARY:")))


def test_a_bomb_of_events_takes_no_time() -> None:
    began = time.process_time()
    for line in ("ATTENDEE:mailto:a@b.test\n", "BEGIN:VEVENT\nEND:VEVENT\n", " x\n", "BEGIN:A\n"):
        parse(mail(EVENT.replace("UID:1@aoki.test\n", line * (380_000 // len(line)))))
    assert time.process_time() - began < 2
