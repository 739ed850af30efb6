"""Moving a deal through its pipeline: a stage, won, or lost with a reason."""

from django.db import transaction
from django.utils import timezone

from crm import undo
from crm.models import Deal, Stage, UndoEntry, User


@transaction.atomic
def move(deal: Deal, stage: Stage, *, by: User, lost_reason: str = "") -> UndoEntry:
    """Put `deal` into `stage`, since now. Only what is lost has a reason for it."""
    now = timezone.now()
    reason = lost_reason.strip()[:200] if stage.outcome == Stage.Outcome.LOST else ""
    step = undo.changed(deal, stage=stage, stage_since=now, lost_reason=reason)
    deal.change(news_at=now)  # open pages of the deal show it
    return undo.remember(by, step)
