"""The Trash is erased for good after 90 days, with its files (M32)."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm import retention
from crm.models import Activity, Attachment, Contact, Email, Thread
from tests.factories import make_email, make_note

pytestmark = pytest.mark.django_db


def in_trash_for(activity: Activity, days: float) -> None:
    Activity.objects.filter(pk=activity.pk).update(deleted_at=timezone.now() - timedelta(days=days))


@pytest.mark.rule("M32")
def test_what_is_older_than_the_grace_period_goes_with_its_files(aoki: Contact) -> None:
    gone, kept = make_email(aoki), make_email(aoki)
    shared = Attachment.objects.store(gone.activity, b"both", name="a", content_type="x/y")
    Attachment.objects.store(kept.activity, b"both", name="b", content_type="x/y")
    own = Attachment.objects.store(gone.activity, b"one", name="c", content_type="x/y")
    in_trash_for(gone.activity, 91)
    in_trash_for(kept.activity, 89)
    assert retention.purge(retention.TRASH, timezone.now()) == 1
    assert list(Email.objects.all()) == [kept]
    assert list(Thread.objects.all()) == [kept.thread]
    assert default_storage.exists(shared.path)
    assert not default_storage.exists(own.path)
    assert retention.purge(retention.TRASH, timezone.now()) == 0


def test_a_contact_goes_and_its_engagements_stay(aoki: Contact) -> None:
    note = make_note(aoki)
    Contact.objects.update(deleted_at=timezone.now() - timedelta(days=100))
    assert retention.purge(retention.TRASH, timezone.now()) == 1
    assert Activity.objects.filter(pk=note.pk).exists()
