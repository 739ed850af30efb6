"""The Trash: what is in it and for how long, and restoring with Undo."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from crm import restoring
from crm.models import Contact
from crm.restoring import Restored
from crm.templatetags.trash import NAMES
from crm.trash import KINDS, trash_of
from crm.web import Request, back, done, page, post_only


@require_safe
def trash(request: Request) -> HttpResponse:
    return page(request, "crm/trash/list.html", _shown(request))


@post_only
def restored(request: Request) -> HttpResponse:
    """Brings back the `only` one, or the `row`s; `without` the addresses that others have now."""
    marks = request.POST.getlist("only") or request.POST.getlist("row")
    rows = restoring.chosen(request.user, marks)
    result = restoring.restore(rows, by=request.user, without_taken="without" in request.POST)
    if not result.refused:
        return done(request, back(request, "crm:trash"), toast=_said(result), undo=result.undo)
    seen = Contact.objects.visible_to(request.user).in_bulk(
        [each.taken.contact.pk for each in result.refused]
    )
    refused = [(each, seen.get(each.taken.contact.pk)) for each in result.refused]
    context = {**_shown(request), "refused": refused, "result": _said(result)}
    return page(request, "crm/trash/list.html", context, status=422)


def _said(result: Restored) -> str:
    count = len(result.rows)
    if count == 1:
        return _("“{name}” is back.").format(name=str(result.rows[0])[:100])
    if not count:
        return _("Nothing was restored.")
    return ngettext("{n} is back.", "{n} are back.", count).format(n=count)


def _shown(request: Request) -> dict[str, Any]:
    kind = request.GET.get("kind", "")
    cursor = request.GET.get("cursor", "")
    try:
        rows, following = trash_of(request.user, cursor=cursor, kind=kind if kind in KINDS else "")
    except ValueError as error:
        raise Http404 from error
    return {
        "rows": rows,
        "next": following,
        "later": bool(cursor),
        "kind": kind if kind in KINDS else "",
        "days": settings.RETENTION_TRASH_DAYS,
        "tabs": [("", _("All")), *NAMES.items()],
    }
