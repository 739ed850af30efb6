"""Templates and snippets: whose they are, what becomes of them, and how their uses count (M24)."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm import retention
from crm.models import Attachment, Contact, Email, User
from crm.models.attachments import store_content
from inbox.models import Template, TemplateFile, TemplateFolder, TemplateUse
from inbox.models.templates import Counts
from inbox.retention import RULES
from tests.factories import make_email

pytestmark = pytest.mark.django_db
TRASH = next(rule for rule in RULES if rule.name == "trash")


@pytest.mark.rule("M24")
def test_own_and_shared_ones_are_seen(hana: User, ken: User, mio: User) -> None:
    own = Template.objects.create(name="Own", owner=hana)
    shared = Template.objects.create(name="Shared", owner=hana, shared=True)
    assert list(Template.objects.visible_to(hana)) == [own, shared]
    assert list(Template.objects.visible_to(ken)) == [shared]
    assert list(Template.objects.visible_to(mio)) == [shared]  # private is private
    assert shared.changed_by(hana) and shared.changed_by(mio) and not shared.changed_by(ken)
    assert not own.changed_by(mio)


def test_what_was_shared_stays_when_its_owner_goes(hana: User) -> None:
    Template.objects.create(name="Own", owner=hana)
    Template.objects.create(name="Shared", owner=hana, shared=True)
    hana.delete()
    assert [(row.name, row.owner) for row in Template.objects.all()] == [("Shared", None)]


def test_words_are_found_in_name_subject_and_body(hana: User) -> None:
    row = Template.objects.create(name="Offer", subject="Our tea", text="Best regards", owner=hana)
    assert list(Template.objects.search("offer TEA regards")) == [row]
    assert not Template.objects.search("offer coffee")


@pytest.mark.rule("M32")
def test_the_trash_erases_them_with_their_files(hana: User, aoki: Contact) -> None:
    folder = TemplateFolder.objects.create(name="Sales")
    gone = Template.objects.create(name="Gone", owner=hana)
    kept = Template.objects.create(name="Kept", owner=hana, folder=folder)
    both, own = store_content(b"both"), store_content(b"own")
    for row, path in ((gone, both), (gone, own), (kept, both)):
        values = {"name": "a", "content_type": "x/y", "size": 3}
        TemplateFile.objects.create(template=row, path=path, **values)
    old = timezone.now() - timedelta(days=91)
    Template.objects.filter(pk=gone.pk).update(deleted_at=old)
    TemplateFolder.objects.update(deleted_at=old)
    assert retention.purge(TRASH, timezone.now()) == 2
    assert [(row.name, row.folder) for row in Template.objects.all()] == [("Kept", None)]
    assert default_storage.exists(both)
    assert not default_storage.exists(own)


@pytest.mark.rule("M32")
def test_a_file_of_a_template_outlives_an_equal_one_of_an_email(hana: User, aoki: Contact) -> None:
    email = make_email(aoki)
    file = Attachment.objects.store(email.activity, b"offer", name="a", content_type="x/y")
    template = Template.objects.create(name="Kept", owner=hana)
    values = {"name": "a", "content_type": "x/y", "size": 5, "path": file.path}
    TemplateFile.objects.create(template=template, **values)
    email.activity.trash()
    retention.erase(email.activity)
    assert default_storage.exists(file.path)


def used(template: Template, contact: Contact, by: User, **values: object) -> Email:
    """An e-mail that was written with a template, an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    sent = make_email(contact, by=by, at=at, direction="outgoing", source="sent", **values)
    TemplateUse.objects.create(template=template, email=sent)
    return sent


@pytest.mark.rule("M24")
def test_uses_and_answers_are_counted(hana: User, aoki: Contact) -> None:
    template = Template.objects.create(name="Offer", owner=hana, shared=True)
    answered, robot, early = (used(template, aoki, hana) for _ in range(3))
    used(template, aoki, hana, status="cancelled")
    make_email(aoki, thread=answered.thread)
    make_email(aoki, thread=answered.thread)  # twice is once
    make_email(aoki, thread=robot.thread, auto_reply=True)
    make_email(aoki, thread=early.thread, at=timezone.now() - timedelta(days=1))
    counts = TemplateUse.objects.counts([template], hana)[template.pk]
    assert counts == Counts(used=3, replied=1)
    assert counts.percent == 33


@pytest.mark.rule("M53")
def test_what_is_hidden_is_not_told_by_a_count(hana: User, ken: User, aoki: Contact) -> None:
    template = Template.objects.create(name="Offer", owner=hana, shared=True)
    secret = used(template, aoki, hana, private=True)
    make_email(aoki, by=hana, thread=secret.thread, private=True)
    open_one = used(template, aoki, hana)
    make_email(aoki, by=hana, thread=open_one.thread, private=True)
    assert TemplateUse.objects.counts([template], hana)[template.pk] == Counts(2, 2)
    assert TemplateUse.objects.counts([template], ken)[template.pk] == Counts(1, 0)


def test_many_are_counted_in_one_query(
    hana: User, aoki: Contact, django_assert_num_queries: object
) -> None:
    rows = [Template.objects.create(name=str(n), owner=hana) for n in range(5)]
    for row in rows:
        used(row, aoki, hana)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(TemplateUse.objects.counts(rows, hana)) == 5
