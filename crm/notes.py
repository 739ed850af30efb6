"""A note that somebody writes on a record: it stands on the timeline at once (M40)."""

from django.db import transaction
from django.utils import timezone

from crm import timeline
from crm.models import Activity, Company, Contact, Deal, Note, UndoEntry, User
from crm.undo import changed, remember


@transaction.atomic
def add(record: Contact | Company | Deal, text: str, *, by: User) -> Note:
    activity = Activity.objects.create(kind=Activity.Kind.NOTE, at=timezone.now(), by=by)
    note = Note.objects.create(activity=activity, text=text)
    timeline.put(activity, record)
    return note


@transaction.atomic
def edit(note: Note, text: str, *, by: User) -> UndoEntry:
    step = changed(note, text=text)
    note.activity.save(update_fields=["updated_at"])
    timeline.touch(note.activity)
    return remember(by, step)
