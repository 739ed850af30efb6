"""The id that a server says, in its answer to DATA, it has given to a message (M9). Pure.

Amazon SES replaces every Message-ID and files no copy in Sent that could teach the new one. Its
answer is `250 Ok ID`, and the message then has <ID@email.amazonses.com>, sent from elsewhere than
us-east-1 <ID@REGION.amazonses.com>. Source: Amazon SES developer guide, on header fields and on
the SMTP interface; the names of its servers: AWS general reference, SES endpoints.
"""

import re

_HOST = re.compile(r"email-smtp(?:-fips)?\.([a-z0-9-]{4,30})\.(?:amazonaws\.com|api\.aws)")
_ANSWER = re.compile(
    r"250[ -].{0,40}?\bok ([0-9a-f]{16}-[0-9a-f-]{36}-[0-9a-f]{6})\b", re.IGNORECASE
)
_FIRST_REGION = "us-east-1"


def in_answer(host: str, said: str) -> str:
    """The new id without angle brackets; "" where there is none.

    >>> in_answer("email-smtp.eu-west-1.amazonaws.com",
    ...           "250 Ok 0102018d5e1c0a2b-6a1f4a36-0d0c-4f0e-9f35-2d5b6c7d8e9f-000000")
    '0102018d5e1c0a2b-6a1f4a36-0d0c-4f0e-9f35-2d5b6c7d8e9f-000000@eu-west-1.amazonses.com'
    """
    region, given = _HOST.fullmatch(host.strip().rstrip(".").lower()), _ANSWER.search(said)
    if not (region and given):
        return ""
    domain = "email" if region[1] == _FIRST_REGION else region[1]
    return f"{given[1]}@{domain}.amazonses.com"
