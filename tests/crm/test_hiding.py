"""What stays of a contact who was hidden: as hidden as it was with them (M41)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import retention, timeline
from crm.models import Activity, Audience, Contact, User
from tests.factories import make_company, make_contact, make_deal, make_email, make_note

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M41")]


def purge(contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(deleted_at=timezone.now() - timedelta(days=100))
    assert retention.purge(retention.TRASH, timezone.now()) == 1


def test_what_was_hidden_with_a_contact_is_not_shown_once_it_is_gone(hana: User, rin: User) -> None:
    contact = make_contact(owner=hana, company=make_company("Acme"), audience=Audience.OWNER)
    email, note = make_email(contact, by=hana), make_note(contact, by=hana)
    seen = Activity.objects.visible_to(rin)
    assert not seen.filter(pk__in=[email.pk, note.activity_id]).exists()
    purge(contact)
    email.refresh_from_db()
    assert not (email.seen_by(rin) or email.shows_people_to(rin))
    assert email.seen_by(hana) and not seen.filter(pk=note.activity_id).exists()


@pytest.mark.parametrize("audience", [Audience.OWNER, Audience.TEAM])
def test_a_record_that_nobody_else_sees_keeps_all_of_it(
    audience: Audience, hana: User, mio: User
) -> None:
    contact = make_contact(owner=hana, audience=audience)
    deal = make_deal(contact, owner=hana, audience=audience)
    email, note = make_email(contact, by=hana), make_note(contact, by=hana)
    timeline.record(note.activity, contacts=[contact], deals=[deal])
    before = [len(timeline.activities_of(deal, user)[0]) for user in (hana, mio)]
    purge(contact)
    assert [len(timeline.activities_of(deal, user)[0]) for user in (hana, mio)] == before == [2, 2]
    email.refresh_from_db()
    assert not email.private
