"""A note that somebody writes on a record: it stands on the timeline at once (M40)."""

from django.db import transaction
from django.utils import timezone

from crm import timeline
from crm.models import Activity, Contact, Note, User


@transaction.atomic
def add(contact: Contact, text: str, *, by: User) -> Note:
    activity = Activity.objects.create(kind=Activity.Kind.NOTE, at=timezone.now(), by=by)
    note = Note.objects.create(activity=activity, text=text)
    timeline.record(activity, contacts=[contact])
    return note
