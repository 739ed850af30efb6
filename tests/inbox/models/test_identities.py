"""A code proves an address: the right one, in time, and not by trying them all (M52)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import User
from inbox.models import Identity, Mailbox
from inbox.models.identities import MOST_GUESSES, VALID, proven_sender, senders
from tests.factories import make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M52")]
NOW = timezone.now()


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


@pytest.fixture
def identity(mailbox: Mailbox) -> Identity:
    made: Identity = mailbox.identities.create(address="sales@musubi.test")
    made.code_sent("12345678", NOW)
    return made


def test_the_right_code_proves_it(identity: Identity, mailbox: Mailbox) -> None:
    assert proven_sender(mailbox, identity.address) is None
    assert not identity.prove("87654321", NOW)
    assert identity.prove("12345678", NOW)
    assert proven_sender(mailbox, "SALES@musubi.test") == (mailbox, "sales@musubi.test", "")
    assert not identity.prove("12345678", NOW)  # a code serves once


def test_a_code_of_another_address_proves_nothing(identity: Identity, mailbox: Mailbox) -> None:
    other = mailbox.identities.create(address="boss@musubi.test", code=identity.code)
    other.change(code_sent_at=NOW)
    assert not other.prove("12345678", NOW)


def test_it_cannot_be_tried_out(identity: Identity) -> None:
    for guess in range(MOST_GUESSES):
        assert not identity.prove(f"{guess:08}", NOW)
    assert not identity.prove("12345678", NOW)


def test_it_grows_old(identity: Identity) -> None:
    assert not identity.prove("12345678", NOW + VALID + timedelta(seconds=1))
    assert identity.prove("12345678", NOW + VALID - timedelta(seconds=1))


def test_another_code_takes_the_proof_back(identity: Identity, mailbox: Mailbox) -> None:
    identity.prove("12345678", NOW)
    identity.ask(NOW)
    assert proven_sender(mailbox, identity.address) is None
    assert Identity.objects.code_due(NOW).get() == identity


def test_a_code_is_sent_by_one_worker(identity: Identity) -> None:
    identity.ask(NOW)
    same = Identity.objects.get(pk=identity.pk)
    assert identity.claim(NOW) and not same.claim(NOW)


def test_senders_are_told_by_one_query(
    mailbox: Mailbox, identity: Identity, ken: User, django_assert_num_queries: object
) -> None:
    identity.prove("12345678", NOW)
    mailbox.identities.create(address="unproven@musubi.test")
    boxes = [mailbox, make_mailbox(ken)]
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = senders(boxes)
    assert [one.key for one in found] == [
        str(mailbox.pk),
        f"{mailbox.pk} sales@musubi.test",
        str(boxes[1].pk),
    ]


def test_an_address_of_one_mailbox_is_none_of_another(
    mailbox: Mailbox, identity: Identity, ken: User
) -> None:
    identity.prove("12345678", NOW)
    assert proven_sender(make_mailbox(ken), identity.address) is None
