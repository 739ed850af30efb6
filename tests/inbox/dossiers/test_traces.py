"""What of an erased person lies beside their mail (M36)."""

import pytest
from django.utils import timezone

from crm.models import Contact, Hold, Note, User
from inbox.dossiers import traces
from inbox.dossiers.person import Person
from inbox.models import Enrolment, Sequence
from inbox.outreach import steering
from tests.factories import make_email, make_note

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M36")]


@pytest.fixture
def ended(aoki: Contact, weber: Contact, hana: User) -> Enrolment:
    """Weber's, by what Aoki wrote; a note on Weber's timeline says so."""
    now = timezone.now()
    sequence = Sequence.objects.create(name="Follow-up", owner=hana)
    values = {"next_step_at": now, "claimed_until": now}
    enrolment: Enrolment = Enrolment.objects.create(
        sequence=sequence, contact=weber, by=hana, **values
    )
    email = make_email(aoki)
    steering.end(enrolment, Enrolment.Why.COLLEAGUE, now, name="Yuki Aoki", email=email.pk)
    return enrolment


def test_the_sequence_of_a_colleague_which_they_ended_names_them_no_more(
    ended: Enrolment, aoki: Contact
) -> None:
    assert "Yuki Aoki" in Note.objects.get().text
    assert traces.enrolments(Person.of(aoki)) == 1
    ended.refresh_from_db()
    assert "Aoki" not in str(ended.values) + Note.objects.get().text
    assert traces.enrolments(Person.of(aoki)) == 0  # done again


@pytest.mark.rule("M57")
def test_what_a_sequence_of_a_held_contact_says_stays(
    ended: Enrolment, aoki: Contact, weber: Contact, mio: User
) -> None:
    Hold.place(weber, by=mio, reason="Hayama v. Weber")
    assert traces.enrolments(Person.of(aoki)) == 0
    assert "Yuki Aoki" in Note.objects.get().text


@pytest.mark.rule("M57")
@pytest.mark.parametrize("held", [True, False])
def test_an_address_stays_in_what_a_legal_hold_keeps(
    held: bool, aoki: Contact, weber: Contact, mio: User
) -> None:
    note = make_note(weber, "Ask yuki@aoki.example about it.")
    if held:
        Hold.place(weber, by=mio, reason="Hayama v. Weber")
    traces.mentions(Person.of(aoki))
    note.refresh_from_db()
    assert ("yuki@aoki.example" in note.text) is held
