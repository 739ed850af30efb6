"""Which ids the CRM holds: however many are asked about."""

from typing import Any

import pytest

from crm.models import Contact
from inbox.models import MessageId
from tests.factories import make_email


@pytest.mark.django_db
def test_more_ids_than_a_query_takes_parameters_are_one_query(
    aoki: Contact, django_assert_num_queries: Any
) -> None:
    make_email(aoki, message_id="here@customer.test")
    asked = [f"{number}@stranger.test" for number in range(40_000)]
    with django_assert_num_queries(1):
        found = MessageId.objects.known([*asked, "here@customer.test"])
    assert set(found) == {"here@customer.test"}
    assert MessageId.objects.known([]) == {}
