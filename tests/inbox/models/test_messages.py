"""Which ids the CRM holds: however many are asked about."""

import pytest

from crm.models import Contact
from inbox.models import MessageId
from tests.factories import make_email


@pytest.mark.django_db
def test_more_ids_than_a_query_takes_are_asked_about_in_several(aoki: Contact) -> None:
    make_email(aoki, message_id="here@customer.test")
    asked = [f"{number}@stranger.test" for number in range(40_000)]
    assert set(MessageId.objects.known([*asked, "here@customer.test"])) == {"here@customer.test"}
    assert MessageId.objects.known([]) == {}
