"""A draft is its writer's alone, is not written over unseen, and leaves no file behind."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from crm import retention
from crm.models import Attachment, Contact, User
from crm.models.attachments import store_file
from inbox.models import Draft, DraftFile
from inbox.retention import RULES
from tests.factories import make_email

DRAFTS = next(rule for rule in RULES if rule.name == "drafts")


def make_draft(user: User, **values: object) -> Draft:
    values.setdefault("key", f"k{Draft.objects.count()}")
    draft: Draft = Draft.objects.create(user=user, **values)
    return draft


def put_file(draft: Draft, content: bytes = b"offer", **values: object) -> DraftFile:
    path = store_file(ContentFile(content))
    values = {"name": "offer.txt", "content_type": "text/plain", "size": len(content), **values}
    return DraftFile.objects.create(draft=draft, path=path, **values)


def test_nobody_else_sees_a_draft(hana: User, ken: User, mio: User) -> None:
    draft = make_draft(hana)
    assert list(Draft.objects.visible_to(hana)) == [draft]
    assert not Draft.objects.visible_to(ken) and not Draft.objects.visible_to(mio)


def test_open_is_what_is_neither_discarded_nor_sent(hana: User, aoki: Contact) -> None:
    begun = make_draft(hana)
    make_draft(hana, discarded_at=timezone.now())
    make_draft(hana, sent_as=make_email(aoki))
    assert list(Draft.objects.open_for(hana)) == [begun]


def test_of_two_windows_the_later_writes_nothing_over(hana: User) -> None:
    draft, other = make_draft(hana, text="begun"), Draft.objects.get()
    now = timezone.now()
    assert draft.overwrite(1, now, text="here") and draft.version == 2
    assert not other.overwrite(1, now, text="there")
    assert Draft.objects.get().text == "here"
    assert other.overwrite(2, now, text="there, knowing it")


def test_it_goes_with_its_contact_alone(hana: User, aoki: Contact, weber: Contact) -> None:
    email = make_email(weber)
    kept = make_draft(hana, company=aoki.company, answers=email)
    make_draft(hana, contact=aoki)
    aoki.company.delete()
    aoki.delete()
    email.activity.delete()
    kept.refresh_from_db()
    assert list(Draft.objects.all()) == [kept] and kept.answers is None and kept.record is None


@pytest.mark.rule("M32")
def test_what_nobody_touched_goes_with_its_files(hana: User, aoki: Contact) -> None:
    now = timezone.now()
    alone, shared = put_file(make_draft(hana)), put_file(make_draft(hana), b"shared")
    Attachment.objects.store(make_email(aoki).activity, b"shared", name="a", content_type="b/c")
    young = put_file(make_draft(hana), b"young")
    Draft.objects.exclude(pk=young.draft_id).update(touched_at=now - timedelta(days=90, seconds=1))
    DraftFile.objects.update(at=now - timedelta(days=91))
    assert retention.expired(DRAFTS, now) == 2
    assert retention.purge(DRAFTS, now) == 4  # two drafts, and then their files
    assert list(DraftFile.objects.all()) == [young]
    assert not default_storage.exists(alone.path)
    assert default_storage.exists(shared.path) and default_storage.exists(young.path)
