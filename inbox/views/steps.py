"""The steps of a sequence: added between two others, changed, moved, removed, put back."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.lib.keyset import LARGEST
from crm.web import Request, done, page, post_only, posted, visible_or_404
from inbox import merge_fields
from inbox.forms.sequences import StepForm
from inbox.models import Sequence, Step, Template
from inbox.outreach import building


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    """?after= says behind which position, ?kind=task that it is a task."""
    sequence = visible_or_404(Sequence, request.user, pk)
    after = request.GET.get("after", "")
    place = int(after) if after.isascii() and after.isdecimal() and len(after) < 5 else 0
    kind = Step.Kind.TASK if request.GET.get("kind") == "task" else Step.Kind.EMAIL
    step = Step(sequence=sequence, kind=kind, position=place + 1, wait_days=2 if place else 0)
    return _form(request, step, after=place)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: Request, pk: int) -> HttpResponse:
    return _form(request, _one(request, pk), after=None)


def _form(request: Request, step: Step, *, after: int | None) -> HttpResponse:
    if not step.sequence.changed_by(request.user):
        raise Http404
    form = StepForm(posted(request), instance=step)
    if form.is_bound and form.is_valid():
        return _kept(request, form.step(), after)
    templates = Template.objects.visible_to(request.user) if step.kind == Step.Kind.EMAIL else None
    named = request.GET.get("template", "")
    if templates is not None and named.isdecimal() and len(named) < 19:
        chosen = templates.filter(pk=int(named)).first()
        if chosen:
            form.start_from(chosen)
    context = {
        "form": form,
        "step": step,
        "sequence": step.sequence,
        "templates": templates[:100] if templates is not None else (),
        "fields": merge_fields.FIELDS,
        "fallback": merge_fields.token("contact.first_name", _("there")),
    }
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/sequences/step.html", context, status=status)


def _kept(request: Request, step: Step, after: int | None) -> HttpResponse:
    now = timezone.now()
    if after is None:
        building.change_step(step, now)
        said = _("Saved. Who waits for this step gets it as it is now.")
    else:
        building.add_step(step, after=after, now=now)
        said = _("The step was added.")
    return done(request, "inbox:sequence", step.sequence_id, toast=said)


@post_only
def move(request: Request, pk: int) -> HttpResponse:
    found = _one(request, pk)
    building.move_step(found, up="up" in request.POST, now=timezone.now())
    return done(request, "inbox:sequence", found.sequence_id)


@post_only
def removal(request: Request, pk: int) -> HttpResponse:
    found = _one(request, pk)
    building.remove_step(found, timezone.now())
    undo = reverse("inbox:step-return", args=[pk])
    return done(
        request, "inbox:sequence", found.sequence_id, toast=_("The step was removed."), undo=undo
    )


@post_only
def take_back(request: Request, pk: int) -> HttpResponse:
    found = _one(request, pk, removed=True)
    building.restore_step(found, timezone.now())
    return done(request, "inbox:sequence", found.sequence_id, toast=_("The step is back."))


def _one(request: Request, pk: int, *, removed: bool = False) -> Step:
    """A step of a sequence that one may change."""
    sequences = Sequence.objects.visible_to(request.user)
    rows = Step.objects.filter(pk=min(pk, LARGEST), removed_at__isnull=not removed)
    found = rows.filter(sequence__in=sequences).select_related("sequence").first()
    if found is None or not found.sequence.changed_by(request.user):
        raise Http404
    row: Step = found
    return row
