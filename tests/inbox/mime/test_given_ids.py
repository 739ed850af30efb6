"""The id that Amazon SES gives, by its answer; and no other server's words taken for one."""

import pytest

from inbox.mime.given_ids import in_answer

pytestmark = pytest.mark.rule("M9")
GIVEN = "0100018d5e1c0a2b-6a1f4a36-0d0c-4f0e-9f35-2d5b6c7d8e9f-000000"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("email-smtp.us-east-1.amazonaws.com", "email.amazonses.com"),
        ("Email-SMTP.eu-west-1.amazonaws.com.", "eu-west-1.amazonses.com"),
        ("email-smtp-fips.us-west-2.amazonaws.com", "us-west-2.amazonses.com"),
        ("email-smtp.ap-northeast-1.api.aws", "ap-northeast-1.amazonses.com"),
    ],
)
def test_each_region_has_its_domain(host: str, domain: str) -> None:
    assert in_answer(host, f"250 Ok {GIVEN}") == f"{GIVEN}@{domain}"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("smtp.example.test", f"250 Ok {GIVEN}"),
        ("email-smtp.us-east-1.amazonaws.com.evil.test", f"250 Ok {GIVEN}"),
        ("email-smtp.us-east-1.amazonaws.com", "250 Ok"),
        ("email-smtp.us-east-1.amazonaws.com", "250 Ok <a@b>"),
        ("email-smtp.us-east-1.amazonaws.com", f"451 Ok {GIVEN}"),
    ],
)
def test_all_else_is_none(host: str, said: str) -> None:
    assert in_answer(host, said) == ""
