"""Tests: one tick of a worker, as the job of a `Forker`."""

from django.utils import timezone

from inbox import tasks
from inbox.models import Outgoing, Redelivery


def job(_line: str) -> None:
    """What the beat has the workers do, in this process."""
    now = timezone.now()
    for pk in Outgoing.objects.due(now).values_list("pk", flat=True):
        tasks.send(pk)
    for pk in Redelivery.objects.due(now).values_list("pk", flat=True):
        tasks.redeliver(pk)
    for pk in Outgoing.objects.copy_due(timezone.now()).values_list("pk", flat=True):
        tasks.file_copy(pk)
