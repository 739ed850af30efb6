"""The button of a toast: takes back what was just done (docs/house.md, Undo)."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from crm import undo as story
from crm.models import UndoEntry
from crm.web import Request, back, done, post_only


@post_only
def undo(request: Request, token: str) -> HttpResponse:
    entry = UndoEntry.objects.visible_to(request.user).filter(token=token).first()
    taken_back = entry is not None and story.undo(entry)
    said = _("It is as it was before.") if taken_back else _("This can no longer be undone here.")
    return done(request, back(request, "crm:home"), toast=said)
