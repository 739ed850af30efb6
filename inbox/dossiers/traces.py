"""What of a person lies beside their mail: drafts, notifications, steps of Undo, files put aside,
what the administration has noted, and addresses in whatever column (M36).

Each returns how many rows it erased or changed, and does nothing when it is done again.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q

from crm import retention
from crm.lib.striking import STRUCK, strike, strike_all
from crm.models import Contact, Email, Hold, Note, Notice, UndoEntry
from crm.models.fields import EncryptedTextField
from crm.models.retention import NOUNS
from inbox.dossiers.person import Person
from inbox.models import Draft, DraftFile, Enrolment, MessageId, NeverLog, Quarantined
from inbox.sync import quarantine

# Ours, not theirs; a never-log list goes on keeping their mail from being read; a Message-ID that
# holds an address is erased with its e-mail, and its hash has none; the contact goes as a whole.
UNTOUCHED = {
    "crm.contact",
    "crm.emailaddress",
    "crm.user",
    "crm.apitoken",
    "inbox.mailbox",
    "inbox.identity",
    "inbox.folder",
    "inbox.neverlog",
    "inbox.messageid",
}


NOTED_WITHIN = timedelta(minutes=1)  # of the end of a sequence


def drafts(person: Person) -> int:
    """Those about them, to them, or that answer or pass on mail with them; their files too."""
    emails = person.emails().values("pk")
    theirs = Q(contact=person.contact) | Q(answers__in=emails) | Q(forwards__in=emails)
    for column in ("to", "cc", "bcc", "subject", "text", "html", "quote"):
        theirs |= person.written(column)
    ids = list(Draft.objects.filter(theirs).values_list("pk", flat=True))
    with transaction.atomic():
        files = DraftFile.objects.filter(draft__in=ids)
        retention.doom(set(files.values_list("path", flat=True)) - {""})
        files.delete()
        Draft.objects.filter(pk__in=ids).delete()
    retention.sweep()
    return len(ids)


def notices(person: Person) -> int:
    emails = set(person.emails().values_list("pk", flat=True))
    about: Mapping[str, Iterable[int]] = {"contact": {person.contact.pk}, "email": emails}

    def theirs(values: Any) -> bool:
        named = any(values.get(name) in pks for name, pks in about.items())
        return named or _names(values, person.nearby)

    return _erase(Notice.objects.all(), "values", theirs)


def undo_entries(person: Person) -> int:
    """They hold what a record was before; nothing of the person can be brought back."""
    noun = Contact._meta.label_lower

    def theirs(steps: Any) -> bool:
        of_contact = any(
            step.get("model") == noun
            and person.contact.pk in (step.get("pk"), *step.get("pks", ()))
            for step in steps
        )
        return of_contact or _names(steps, person.nearby)

    return _erase(UndoEntry.objects.all(), "steps", theirs)


def enrolments(person: Person) -> int:
    """Of colleagues, whose sequence ended when they wrote: the reason, and the note that tells it,
    name them."""
    emails = list(person.emails().values_list("pk", flat=True))
    rows = Enrolment.objects.filter(values__email__in=emails).exclude(contact=person.contact)
    rows = rows.exclude(contact__in=Hold.objects.records("contact"))
    naming = [row for row in rows if _names(row.values, person.nearby)]
    for row in naming:
        row.change(values=strike_all(row.values, person.nearby))
        told = Note.objects.filter(activity__associations__contact=row.contact)
        told = told.exclude(_held(Note))
        since = row.ended_at or row.updated_at
        for note in told.filter(activity__created_at__range=(since, since + NOTED_WITHIN)):
            strike_names(note, person, "text")
    return len(naming)


def put_aside(person: Person) -> int:
    """Mail that could not be read, of theirs or answering theirs (M47)."""
    answering = Quarantined.objects.filter(answers__in=person.emails().values("pk"))
    ids = {*answering.values_list("pk", flat=True), *quarantine.naming(person.addresses)}
    return Quarantined.objects.filter(pk__in=ids).delete()[0]


def admin_log(person: Person) -> int:
    """Who did what when stays; whom it was about does not."""
    kind = ContentType.objects.get_for_model(Contact)
    of_contact = Q(content_type=kind, object_id=str(person.contact.pk))
    rows = LogEntry.objects.filter(of_contact | person.written("object_repr"))
    return rows.exclude(object_repr=STRUCK).update(object_repr=STRUCK, change_message="")


def never_log_entries(person: Person) -> int:
    """They stay: they keep mail of theirs from being read."""
    return NeverLog.objects.filter(entry__in=person.addresses).count()


def mentions(person: Person) -> int:
    """Strike their addresses wherever they stand in text or JSON, but on records that are held."""
    named = Email.objects.filter(person.written("subject"))
    MessageId.objects.filter(email__in=named).forget_fields()
    return sum(
        _strike_rows(model, person)
        for app in ("crm", "inbox")
        for model in apps.get_app_config(app).get_models()
        if model._meta.label_lower not in UNTOUCHED
    )


def _strike_rows(model: Any, person: Person) -> int:
    columns = [field.attname for field in model._meta.concrete_fields if _holds_words(field)]
    naming = Q(pk__in=[])
    for column in columns:
        naming |= person.written(column)
    if not columns or not person.addresses:
        return 0
    rows = model._default_manager.filter(naming).exclude(_held(model))
    pks = list(rows.values_list("pk", flat=True))
    for pk in pks:
        with transaction.atomic():
            _strike_row(model._default_manager.filter(pk=pk), columns, person)
    return len(pks)


def _held(model: Any) -> Q:
    """What a legal hold keeps as it is: the record, and what stands on its timeline (M57)."""
    names = {field.name for field in model._meta.get_fields()}
    found = Q(pk__in=[])
    for name in names & {"activity", "email", "emails"}:
        found |= Q(**{f"{name}__in": Hold.objects.activities()})
    if model._meta.model_name in NOUNS:
        found |= Q(pk__in=Hold.objects.records(model._meta.model_name))
    return found


def _strike_row(rows: Any, columns: list[str], person: Person) -> None:
    for values in rows.select_for_update().values(*columns):
        struck = {name: strike_all(value, person.everywhere) for name, value in values.items()}
        rows.update(**{name: value for name, value in struck.items() if value != values[name]})


def _holds_words(field: Any) -> bool:
    """Keys, choices and ciphertext hold none."""
    if isinstance(field, EncryptedTextField) or field.choices or field.primary_key:
        return False
    return isinstance(field, models.CharField | models.TextField | models.JSONField)


def _names(value: Any, words: Any) -> bool:
    return bool(strike_all(value, words) != value)


def _erase(rows: Any, column: str, theirs: Callable[[Any], bool]) -> int:
    pairs = rows.order_by("pk").values_list("pk", column).iterator(chunk_size=1000)
    ids = [pk for pk, value in pairs if theirs(value)]
    for start in range(0, len(ids), retention.BATCH):
        rows.filter(pk__in=ids[start : start + retention.BATCH]).delete()
    return len(ids)


def strike_names(row: Any, person: Person, *columns: str) -> bool:
    """In these columns of a row that is near them; whether anything was struck."""
    before = {name: getattr(row, name) for name in columns}
    after = {name: strike(value, person.nearby) for name, value in before.items()}
    if after == before:
        return False
    type(row)._default_manager.filter(pk=row.pk).update(**after)
    return True
