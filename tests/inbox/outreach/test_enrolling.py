"""What speaks against putting somebody into a sequence (M25)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Contact, User
from inbox.models import Sequence
from inbox.outreach import enrolling
from tests.factories import make_email, make_mailbox

pytestmark = pytest.mark.django_db


@pytest.mark.rule("M25")
@pytest.mark.parametrize("typed", ["yuki@aoki.example", "Yuki@Aoki.example"])
@pytest.mark.parametrize(("days", "possible"), [(20, False), (200, True)])
def test_an_address_that_bounced_lately_is_not_enrolled_however_it_was_typed(
    sequence: Sequence, aoki: Contact, hana: User, typed: str, days: int, *, possible: bool
) -> None:
    now = timezone.now()
    sent = make_email(aoki, direction="outgoing", at=now - timedelta(days=days))
    sent.participants.create(role="to", address=typed, contact=aoki, status="bounced")
    mailbox = make_mailbox(hana)
    [found] = enrolling.candidates(sequence, [aoki], by=hana, mailbox=mailbox, now=now)
    assert ("bounced" in found.flags, found.possible) == (not possible, possible)
