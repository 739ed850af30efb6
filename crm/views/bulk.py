"""What the bar below a list does to the chosen rows, or to all that its query finds."""

from collections.abc import Sequence

from django.http import HttpResponse, QueryDict
from django.urls import is_valid_path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import bulk as story
from crm.models import UndoEntry, User
from crm.views.narrowing import MODELS, narrowed, number, numbers
from crm.web import Request, back, done, post_only

MOST_CARRIED = 200  # in the address of the next page


@post_only
def bulk(request: Request, nouns: str) -> HttpResponse:
    pks = _chosen(request, nouns)
    if not pks or len(pks) > story.MOST:
        said = _("At most {n:,} at a time. Filter the list first.").format(n=story.MOST)
        return _done(request, nouns, said if pks else _("Choose something first."), None)
    if "carry" in request.POST:
        return _carry(request, nouns, pks)
    model, owner = MODELS[nouns], _owner(request)
    if "trash" in request.POST:
        entry = story.trash(model, pks, by=request.user)
        said = ngettext("{n} moved to the Trash.", "{n} moved to the Trash.", len(pks))
    elif owner:
        entry = story.assign(model, pks, owner, by=request.user)
        said = ngettext("{n} now belongs to {owner}.", "{n} now belong to {owner}.", len(pks))
    else:
        return _done(request, nouns, _("Choose what to do."), None)
    return _done(request, nouns, said.format(n=_counted(nouns, len(pks)), owner=owner), entry)


def _carry(request: Request, nouns: str, pks: Sequence[int]) -> HttpResponse:
    """On to a page of ours that is about chosen rows: it finds them as ?ids=."""
    to = request.POST["carry"]
    if len(pks) > MOST_CARRIED:
        said = _("At most {n:,} at a time. Filter the list first.").format(n=MOST_CARRIED)
        return _done(request, nouns, said, None)
    if not to.startswith("/") or not is_valid_path(to):
        return _done(request, nouns, _("Choose what to do."), None)
    return done(request, f"{to}?ids={','.join(map(str, pks))}")


def _chosen(request: Request, nouns: str) -> Sequence[int]:
    """The ids of the chosen rows that the user sees; one more than may be, where there are more."""
    query = QueryDict(request.POST.get("query", "").replace("%00", ""))
    if request.POST.get("all"):
        rows = narrowed(nouns, query, request.user)
    else:
        pks = numbers(request.POST.getlist("ids"))
        rows = MODELS[nouns].objects.visible_to(request.user).filter(pk__in=pks)
    return list(rows.order_by("pk").values_list("pk", flat=True)[: story.MOST + 1])


def _owner(request: Request) -> User | None:
    pk = number(request.POST, "owner")
    return User.objects.filter(pk=pk, is_active=True).first() if pk else None


def _counted(nouns: str, n: int) -> str:
    words = {
        "contacts": ngettext("{n} contact", "{n} contacts", n),
        "companies": ngettext("{n} company", "{n} companies", n),
        "deals": ngettext("{n} deal", "{n} deals", n),
    }
    return words[nouns].format(n=n)


def _done(request: Request, nouns: str, said: str, entry: UndoEntry | None) -> HttpResponse:
    return done(request, back(request, f"crm:{nouns}"), toast=said, undo=entry)
