"""The classes of data that mail adds, and when the time of each is over (M28 to M31).

    transport        envelope, folder and UID, size, answers    this calendar month and the last
                     mail that could not be read (M47)
    raw              whole messages of Bcc, forward, folder     one day
    synced_headers   header blocks of mail that was found       7 days
    sent_headers     header blocks of mail that was sent        a year
    drafts           what nobody wrote on, and files without    90 days
                     a draft or a template

The figures are those of the RETENTION_ variables by default. `crm.retention` evaluates the table.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.lib.months import start_of_month
from crm.models import EmailAddress, Hold, Participant
from crm.retention import TRASH, Part, Rule
from inbox.models import (
    Draft,
    DraftFile,
    HeaderBlock,
    MailboxCopy,
    Outgoing,
    Quarantined,
    RawCopy,
    Snippet,
    Template,
    TemplateFile,
    TemplateFolder,
    TransportRecord,
)
from inbox.sending import outbox, revoked
from inbox.sending.recipients import READERS


def _months_ago(now: datetime) -> datetime:
    """Calendar months are those of the organisation (TIME_ZONE)."""
    zone = ZoneInfo(settings.TIME_ZONE)
    return start_of_month(now, zone, back=settings.RETENTION_TRANSPORT_MONTHS)


def _ago(unit: str, variable: str) -> Callable[[datetime], datetime]:
    return lambda now: now - timedelta(**{unit: getattr(settings, variable)})


def _delete(model: Any, ids: Sequence[int]) -> list[str]:
    model.objects.filter(pk__in=ids).delete()
    return []


def _places() -> QuerySet[Any]:
    return MailboxCopy.objects.exclude(uid=None).exclude(email__in=Hold.objects.activities())


def _put_aside() -> QuerySet[Any]:
    """Mail that could not be read, and was not even after an upgrade (M47)."""
    rows: QuerySet[Any] = Quarantined.objects.not_held()
    return rows


def _forget_place(ids: Sequence[int]) -> list[str]:
    """Which mailboxes hold an e-mail stays known (M53); where in them it lies does not. Of one
    that is gone nothing does."""
    MailboxCopy.objects.filter(pk__in=ids, mailbox=None).delete()
    MailboxCopy.objects.filter(pk__in=ids).update(folder=None, uidvalidity=None, uid=None)
    return []


def _headers(origin: str) -> Part:
    return Part(
        lambda: HeaderBlock.objects.not_held().filter(origin=origin),
        "at",
        partial(_delete, HeaderBlock),
    )


def _erase_templates(ids: Sequence[int]) -> set[str]:
    """Their files go with them, unless something else names them."""
    files = TemplateFile.objects.filter(template__in=ids)
    paths = set(files.values_list("path", flat=True))
    files.delete()
    Template.objects.filter(pk__in=ids).delete()
    return paths


def _in_trash(model: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.trashed()
    return rows


PREWRITTEN = (
    Part(partial(_in_trash, Template), "deleted_at", _erase_templates),
    Part(partial(_in_trash, Snippet), "deleted_at", partial(_delete, Snippet)),
    Part(partial(_in_trash, TemplateFolder), "deleted_at", partial(_delete, TemplateFolder)),
)


def _letters_to_trashed() -> QuerySet[Any]:
    """Recipients in the Trash for whom a letter waits. Once they are erased nobody would know that,
    and it would leave."""
    waiting = Outgoing.objects.filter(
        state=Outgoing.State.QUEUED, transmitting_at=None, claimed_until__lte=timezone.now()
    )
    others = EmailAddress.objects.filter(released=False).values("address")
    rows: QuerySet[Any] = Participant.objects.annotate(said=Lower("address"))
    rows = rows.filter(role__in=READERS, email__outgoing__in=waiting)
    rows = rows.filter(contact__deleted_at__isnull=False).exclude(said__in=others)
    return rows.exclude(contact__in=Hold.objects.records("contact"))


def _stop_letters(ids: Sequence[int]) -> list[str]:
    for row in Participant.objects.filter(pk__in=ids).select_related("email__activity__by"):
        by = row.email.activity.by
        with by.preferences() if by else nullcontext():
            said = _("{name} was deleted and is erased from the Trash by now. Write it anew.")
            outbox.stop(row.email.outgoing, said.format(name=revoked.name_for(by, row)))
    return []


def _delete_files(model: Any, ids: Sequence[int]) -> set[str]:
    rows = model.objects.filter(pk__in=ids)
    paths = set(rows.values_list("path", flat=True))
    rows.delete()
    return paths


LETTERS = Part(_letters_to_trashed, "contact__deleted_at", _stop_letters)

RULES: tuple[Rule, ...] = (
    Rule(
        name="transport",
        number="M28",
        cutoff=_months_ago,
        parts=[
            Part(
                lambda: TransportRecord.objects.not_held(),
                "at",
                partial(_delete, TransportRecord),
            ),
            Part(_places, "seen_at", _forget_place),
            Part(_put_aside, "at", partial(_delete, Quarantined)),
        ],
    ),
    Rule(
        name="raw",
        number="M29",
        cutoff=_ago("hours", "RETENTION_RAW_HOURS"),
        parts=[Part(lambda: RawCopy.objects.not_held(), "at", partial(_delete, RawCopy))],
    ),
    Rule(
        name="synced_headers",
        number="M30",
        cutoff=_ago("days", "RETENTION_SYNCED_HEADERS_DAYS"),
        parts=[_headers(HeaderBlock.Origin.SYNCED)],
    ),
    Rule(
        name="sent_headers",
        number="M31",
        cutoff=_ago("days", "RETENTION_SENT_HEADERS_DAYS"),
        parts=[_headers(HeaderBlock.Origin.SENT)],
    ),
    Rule(
        name="drafts",
        number="M32",
        cutoff=_ago("days", "RETENTION_DRAFTS_DAYS"),
        parts=[
            Part(Draft.objects.all, "touched_at", partial(_delete, Draft)),
            Part(
                lambda: DraftFile.objects.filter(draft=None),
                "at",
                partial(_delete_files, DraftFile),
            ),
            Part(
                lambda: TemplateFile.objects.filter(template=None),
                "at",
                partial(_delete_files, TemplateFile),
            ),
        ],
    ),
    replace(TRASH, parts=[LETTERS, *TRASH.parts, *PREWRITTEN]),
)
