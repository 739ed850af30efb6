"""The inbox's ticks: each finds due rows and says one word to them (docs/house.md)."""

import logging

from celery import shared_task
from django.utils import timezone

from crm import retention
from inbox import health
from inbox.dossiers import erasing, exporting
from inbox.models import (
    Canary,
    Enrolment,
    Erasure,
    ExportRun,
    Identity,
    Mailbox,
    Outgoing,
    Redelivery,
)
from inbox.outreach import sequences, waiting
from inbox.retention import RULES
from inbox.sending import again, canary, identities, outbox, sent_copy
from inbox.sync import engine
from inbox.sync.visit import LeaseLost
from inbox.wire.faults import Fault

log = logging.getLogger(__name__)


@shared_task(expires=10)
def look_at_due_mailboxes() -> None:
    for mailbox_id in Mailbox.objects.due_a_look(timezone.now()).values_list("pk", flat=True):
        look.delay(mailbox_id)


@shared_task(expires=60)
def look(mailbox_id: int) -> None:
    due = Mailbox.objects.due_a_look(timezone.now()).select_related("owner")
    try:
        engine.look(due.get(pk=mailbox_id))
    except (Fault, LeaseLost, Mailbox.DoesNotExist) as why:  # its row says the rest
        log.info("no look", extra={"mailbox": mailbox_id, "error_code": type(why).__name__})


@shared_task(expires=10)
def send_due() -> None:
    now = timezone.now()
    for outgoing_id in Outgoing.objects.due(now).values_list("pk", flat=True):
        send.delay(outgoing_id)
    for outgoing_id in Outgoing.objects.copy_due(now).values_list("pk", flat=True):
        file_copy.delay(outgoing_id)
    for redelivery_id in Redelivery.objects.due(now).values_list("pk", flat=True):
        redeliver.delay(redelivery_id)


@shared_task(expires=10)
def keep_trashed_from_leaving() -> None:
    waiting = Outgoing.objects.trashed_and_due(timezone.now())
    for outgoing in waiting.select_related("email__activity__by"):
        outbox.leave_in_trash(outgoing)


@shared_task(expires=60)
def send(outgoing_id: int) -> None:
    outgoing = Outgoing.objects.due(timezone.now()).filter(pk=outgoing_id).first()
    if outgoing and waiting.may_leave(outgoing, timezone.now()):
        outbox.attempt(outgoing)


@shared_task(expires=60)
def file_copy(outgoing_id: int) -> None:
    outgoing = Outgoing.objects.copy_due(timezone.now()).filter(pk=outgoing_id).first()
    if outgoing:
        sent_copy.attempt(outgoing)


@shared_task(expires=10)
def send_codes() -> None:
    for identity in Identity.objects.code_due(timezone.now()).select_related("mailbox__owner"):
        identities.send_code(identity)


@shared_task(expires=10)
def advance_due_enrolments() -> None:
    for enrolment_id in Enrolment.objects.due(timezone.now()).values_list("pk", flat=True):
        advance.delay(enrolment_id)


@shared_task(expires=60)
def advance(enrolment_id: int) -> None:
    rows = Enrolment.objects.select_related("by", "contact__company", "mailbox", "sequence")
    enrolment = rows.filter(pk=enrolment_id).first()
    if enrolment:
        sequences.advance(enrolment, timezone.now())


@shared_task(expires=60)
def redeliver(redelivery_id: int) -> None:
    row = Redelivery.objects.due(timezone.now()).filter(pk=redelivery_id).first()
    if row:
        again.attempt(row)


@shared_task(expires=10)
def fly_canaries() -> None:
    for canary_id in Canary.objects.due(timezone.now()).values_list("pk", flat=True):
        fly.delay(canary_id)


@shared_task(expires=60)
def fly(canary_id: int) -> None:
    due = Canary.objects.due(timezone.now()).select_related("mailbox__owner")
    row = due.filter(pk=canary_id).first()
    if row:
        canary.step(row)


@shared_task(expires=10)
def serve_privacy_requests() -> None:
    now = timezone.now()
    for erasure_id in Erasure.objects.due(now).values_list("pk", flat=True):
        erase_person.delay(erasure_id)
    for export_id in ExportRun.objects.due(now).values_list("pk", flat=True):
        export.delay(export_id)
    exporting.drop(ExportRun.objects.over(now))


@shared_task(expires=60)
def erase_person(erasure_id: int) -> None:
    row = Erasure.objects.due(timezone.now()).filter(pk=erasure_id).first()
    if row and row.claim(timezone.now()):
        erasing.carry_out(row)


@shared_task(expires=60)
def export(export_id: int) -> None:
    row = ExportRun.objects.due(timezone.now()).filter(pk=export_id).first()
    if row and row.claim(timezone.now()):
        exporting.carry_out(row)


@shared_task(expires=30)
def watch_over() -> None:
    health.watch_over(timezone.now())


@shared_task
def purge() -> None:
    now = timezone.now()
    for rule in RULES:
        try:
            retention.purge(rule, now)
        except Exception:  # its receipt stays open; the next night tries again
            log.exception("a purge failed", extra={"rule": rule.name})
