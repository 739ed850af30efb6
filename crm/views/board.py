"""The deals: as a board or as a table, and a deal moved from stage to stage."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm import pipeline
from crm.lanes import Lane, after, cards_of, heads, lanes, more, totals
from crm.models import Deal, Stage, UndoEntry
from crm.templatetags.lists import money
from crm.views import lists
from crm.views.listing import filters_context
from crm.views.narrowing import narrowed, number
from crm.web import Request, back, done, page, stay, visible_or_404

OPEN, WON, LOST = Stage.Outcome.OPEN, Stage.Outcome.WON, Stage.Outcome.LOST


@require_GET
def deals(request: Request) -> HttpResponse:
    if request.GET.get("layout") == "table":
        return lists.deals(request)
    if "lane" in request.GET:
        return _more(request)
    shared = lists.deals_context(request)
    board = lanes(_rows(request, request.GET), _of(shared["stages"], OPEN), request.user)
    context = filters_context(request) | shared | _totals(request, board, shared["pipeline"])
    context |= _ends(shared["stages"]) | {"lanes": board, "words": request.GET.get("q", "")}
    return page(request, "crm/deals/board.html", context)


def _rows(request: Request, query: QueryDict) -> Any:
    """The deals of the board, whatever stage the table is showing."""
    query = query.copy()
    query.pop("stage", None)
    return narrowed("deals", query, request.user).open()


def _more(request: Request) -> HttpResponse:
    stage = Stage.objects.filter(pk=number(request.GET, "lane") or 0).first()
    try:
        if stage is None:
            raise ValueError
        rows = _rows(request, request.GET)
        cards = more(rows, stage, request.GET.get("after", ""), request.user)
    except ValueError:
        raise Http404 from None
    left = max(0, (number(request.GET, "left") or 0) - len(cards))
    context = {"stage": stage, "cards": cards, "left": left, "after": after(cards)}
    return page(request, "crm/deals/_cards.html", context | filters_context(request))


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: Request, pk: int) -> HttpResponse:
    rows = Deal.objects.select_related("stage__pipeline", "company", "owner")
    deal = visible_or_404(rows, request.user, pk)
    stages = list(deal.stage.pipeline.stages.all())
    if request.method == "POST":
        return _move(request, deal, stages)
    return _choice(request, deal, stages, 200)


def _choice(request: Request, deal: Any, stages: list[Stage], status: int) -> HttpResponse:
    """The page that offers each stage: the menu of a card, where there is no JavaScript."""
    there = back(request, "crm:deals")
    context = {"deal": deal, "stages": _of(stages, OPEN), "back": there, **_ends(stages)}
    return page(request, "crm/deals/move.html", context, status=status)


def _move(request: Request, deal: Any, stages: list[Stage]) -> HttpResponse:
    to = next((row for row in stages if row.pk == number(request.POST, "stage")), None)
    if to is None:
        return _choice(request, deal, stages, 422)
    old: Stage = deal.stage
    reason = request.POST.get("lost_reason", "").replace("\0", "")
    entry = pipeline.move(deal, to, by=request.user, lost_reason=reason)
    if request.htmx and request.htmx.target == "board":
        return _moved(request, deal, [old, to], stages, entry)
    there = back(request, "crm:deals")
    ours = there.endswith(request.path)  # from the page that offers the stages: on to the board
    return done(request, "crm:deals" if ours else there, toast=_said(deal), undo=entry)


def _moved(
    request: Request, deal: Any, changed: list[Stage], stages: list[Stage], entry: UndoEntry
) -> HttpResponse:
    """For the board: the heads of both lanes, the totals, and the card at its new place."""
    rows = _rows(request, QueryDict(request.POST.get("query", "").replace("%00", "")))
    board = heads(rows, _of(stages, OPEN))
    context = _totals(request, board, deal.stage.pipeline)
    context |= {"lanes": [lane for lane in board if lane.stage in changed]}
    context["cards"] = cards_of([deal.pk], request.user) if deal.stage.outcome == OPEN else []
    toast = _said(deal)
    if deal.stage.outcome == WON and context["totals"].won:
        won = ", ".join(money(*each) for each in context["totals"].won)
        toast = _("{deal} is won: {sum} this month.").format(deal=deal, sum=won)
    return stay(request, "crm/deals/moved.html", context, toast=toast, undo=entry)


def _said(deal: Deal) -> str:
    outcomes = {
        OPEN: _("{deal} moved to {stage}."),
        WON: _("{deal} is won."),
        LOST: _("{deal} is lost."),
    }
    said = outcomes[Stage.Outcome(deal.stage.outcome)]
    return said.format(deal=deal.name, stage=deal.stage.name)


def _of(stages: Any, outcome: str) -> list[Stage]:
    return [stage for stage in stages if stage.outcome == outcome]


def _ends(stages: Any) -> dict[str, Stage | None]:
    """The stages of a deal that is won or lost, as far as the pipeline has them."""
    found = list(stages)
    return {name: next(iter(_of(found, name)), None) for name in ("won", "lost")}


def _totals(request: Request, board: list[Lane], of: Any) -> dict[str, Any]:
    seen = Deal.objects.visible_to(request.user)
    return {"totals": totals(board, seen, of, timezone.localtime())}
