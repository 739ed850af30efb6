"""Newsletters and robots are not people (M55)."""

import pytest

from inbox.mime import robots
from inbox.mime.headers import parse_headers


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.rule("M55")
@pytest.mark.parametrize(
    "address",
    words("""noreply@a.example no-reply@a.example No_Reply@a.example no.reply+7@a.example
    do-not-reply@a.example donotreply@a.example mailer-daemon@a.example postmaster@a.example
    bounces-4711=x@a.example bounce@a.example newsletter@a.example notifications@a.example
    shop-noreply@a.example alerts@a.example root@a.example MAILER-DAEMON @a.example"""),
)
def test_a_robot_by_its_name(address: str) -> None:
    assert robots.is_one(address)


@pytest.mark.parametrize(
    "address",
    words("""anna@weber.example newsome@a.example nora.reply@a.example rob.otter@a.example
    info@a.example sales@a.example botond@a.example rooter@a.example peter.root@a.example
    anna.bot@a.example 愛子@例え.jp"""),
)
def test_a_person_is_none(address: str) -> None:
    assert not robots.is_one(address)


@pytest.mark.rule("M55")
@pytest.mark.parametrize(
    "field",
    [
        "List-Id: <news.a.example>",
        "List-Unsubscribe: <mailto:u@a.example>",
        "Precedence: bulk",
        "Precedence: list",
        "Auto-Submitted: auto-generated",
    ],
)
def test_mail_of_a_robot_by_its_fields(field: str) -> None:
    assert robots.sent(parse_headers(f"From: a@b.test\r\n{field}\r\n\r\n".encode()))
    assert not robots.sent(parse_headers(b"From: a@b.test\r\nAuto-Submitted: no\r\n\r\n"))
