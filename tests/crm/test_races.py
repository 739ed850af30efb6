"""Who loses a race for rows begins again; what is no race is raised at once."""

import pytest
from django.db import IntegrityError, OperationalError, transaction

from crm.models import Contact
from crm.races import TRIES, again
from tests.factories import make_contact, make_note

committed = pytest.mark.django_db(transaction=True)


@committed
def test_what_lost_a_race_goes_through_the_next_time(aoki: Contact) -> None:
    calls: list[int] = []

    @transaction.atomic
    def work() -> str:
        calls.append(1)
        make_note(aoki)
        if len(calls) < TRIES:
            raise IntegrityError("refers to what is gone")
        return "done"

    assert again(work) == "done"
    assert (len(calls), aoki.associations.count()) == (TRIES, 1)


@committed
@pytest.mark.parametrize("why", [IntegrityError("always"), OperationalError("no database")])
def test_what_does_not_pass_is_raised(why: Exception) -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        raise why

    with pytest.raises(type(why)):
        again(work)
    assert len(calls) == (TRIES if isinstance(why, IntegrityError) else 1)


@pytest.mark.django_db
def test_within_another_transaction_nothing_is_done_twice() -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        make_contact()
        raise IntegrityError

    with pytest.raises(IntegrityError), transaction.atomic():
        again(work)
    assert len(calls) == 1
