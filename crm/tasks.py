"""The CRM's ticks."""

from celery import shared_task
from django.utils import timezone

from crm import mailing, sessions
from crm.models import Heartbeat, Thread, UndoEntry


@shared_task(expires=30)
def forget_undo() -> None:
    UndoEntry.objects.over(timezone.now()).delete()


@shared_task(expires=30)
def forget_sessions() -> None:
    sessions.forget_ended()


@shared_task(expires=30)
def heartbeat() -> None:
    Heartbeat.beat("worker")


@shared_task(expires=30)
def mail_notices() -> None:
    mailing.mail_due(timezone.now())


@shared_task(expires=30)
def count_conversations() -> None:
    Thread.objects.count_some(500)
