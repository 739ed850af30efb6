"""Who loses a race for rows begins again; what is no race is raised at once."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

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


@committed
def test_two_who_write_from_what_both_have_read_both_go_through(aoki: Contact) -> None:
    """PostgreSQL refuses the second one (40001, could not serialize access); SQLite lets one wait
    before it reads."""
    is_postgres = connection.vendor == "postgresql"
    both_have_read = threading.Barrier(2 if is_postgres else 1)
    tries: list[str] = []

    def add(digit: str) -> None:
        first = iter([True])

        @transaction.atomic
        def work() -> None:
            tries.append(digit)
            phone = Contact.objects.get(pk=aoki.pk).phone
            if next(first, False):
                both_have_read.wait(10)
            Contact.objects.filter(pk=aoki.pk).update(phone=phone + digit)

        if is_postgres:
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_isolation = 'repeatable read'")
        again(work)
        connection.close()

    threads = [threading.Thread(target=add, args=(digit,)) for digit in "12"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(Contact.objects.get(pk=aoki.pk).phone) == ["1", "2"]
    assert len(tries) == (3 if is_postgres else 2)
