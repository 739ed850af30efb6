"""REST: sequences, and who is enrolled in them (M25)."""

from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, field_validator

from crm.models import Contact
from crm.rest import access
from crm.rest.inputs import Body
from crm.rest.problems import FieldError, Problem
from inbox import merge_fields
from inbox.models import Enrolment, Mailbox, Sequence, Step
from inbox.models.sequences import MOST_WAIT
from inbox.outreach import building, enrolling, reasons, results, steering
from inbox.outreach.hours import NeverOpen
from inbox.outreach.writing import both_forms

router = Router(tags=["sequences"])
Json = dict[str, Any]


class StepIn(Body):
    """An e-mail has a text (or html), and a subject where it begins a conversation; a task has a
    title. `wait_days` are working days after the step before."""

    kind: Literal["email", "task"] = "email"
    wait_days: int = Field(0, ge=0, le=MOST_WAIT)
    same_thread: bool = True
    subject: str = Field("", max_length=500)
    html: str = Field("", max_length=500_000)
    text: str = Field("", max_length=200_000)
    title: str = Field("", max_length=300)

    @field_validator("subject", "html", "text")
    @classmethod
    def _has_known_fields(cls, value: str) -> str:
        unknown = merge_fields.unknown(value)
        if unknown:
            raise ValueError(f"There is no merge field {unknown[0].name!r}.")
        return value


class SequenceIn(Body):
    name: str = Field(min_length=1, max_length=150)
    shared: bool = True
    colleague_ends: bool = False
    farewell: str = Field("", max_length=200)
    steps: list[StepIn] = Field([], max_length=50)


class EnrolmentsIn(Body):
    """Contacts who speak with you at present are left out, unless `talking` is true."""

    contact_ids: list[str] = Field(min_length=1, max_length=enrolling.MOST)
    mailbox_id: str
    talking: bool = False


class EnrolmentChange(Body):
    state: Literal["active", "paused", "stopped"]


@router.get("")
def list_sequences(request: HttpRequest, cursor: str = "", limit: int = 50) -> Json:
    rows = _visible(request).prefetch_related("steps")
    found = access.page(rows, cursor, limit, lambda row: {"row": row})
    standings = results.standings([item["row"] for item in found["items"]])
    return {**found, "items": [_show(each) for each in standings]}


@router.post("", response={201: Json})
def create_sequence(request: HttpRequest, payload: SequenceIn) -> Status[Json]:
    steps = [_columns(step, n) for n, step in enumerate(payload.steps)]
    values = payload.dict(exclude={"steps"})
    made = building.make(Sequence(**values, owner=access.caller(request)), steps)
    return Status(201, _show(results.standings([made])[0]))


@router.get("/{sequence_id}")
def read_sequence(request: HttpRequest, sequence_id: str) -> Json:
    return _show(results.standings([_one(request, sequence_id)])[0])


@router.post("/{sequence_id}/enrollments", response={201: Json})
def enrol(request: HttpRequest, sequence_id: str, payload: EnrolmentsIn) -> Status[Json]:
    """Those who may be are enrolled; of each other it is told why not."""
    sequence, user = _one(request, sequence_id), access.caller(request)
    usable = Mailbox.objects.usable_by(user).working()
    mailbox = access.related(usable, payload.mailbox_id, "mailbox_id")
    contacts = _contacts(request, payload.contact_ids)
    now = timezone.now()
    found = enrolling.candidates(sequence, contacts, by=user, mailbox=mailbox, now=now)
    wanted = [each for each in found if each.by_default or (payload.talking and each.possible)]
    try:
        made = enrolling.enrol(sequence, wanted, mailbox=mailbox, by=user, now=now)
    except NeverOpen:
        raise Problem(409, "There are no sending hours.") from None
    taken = {row.contact_id for row in made}
    refused = [each for each in found if each.contact.pk not in taken]
    return Status(
        201,
        {
            "items": [_enrolment(row) for row in made],
            "refused": [
                {"contact_id": str(each.contact.pk), "reasons": list(each.flags) or ["enrolled"]}
                for each in refused
            ],
        },
    )


@router.get("/{sequence_id}/enrollments")
def list_enrolments(
    request: HttpRequest, sequence_id: str, state: str = "", cursor: str = "", limit: int = 50
) -> Json:
    rows = _enrolments(request, sequence_id)
    if state:
        rows = rows.filter(state=state if state in Enrolment.State.values else "")
    return access.page(rows, cursor, limit, _enrolment)


@router.get("/{sequence_id}/enrollments/{enrolment_id}")
def read_enrolment(request: HttpRequest, sequence_id: str, enrolment_id: str) -> Json:
    return _enrolment(access.one(_enrolments(request, sequence_id), enrolment_id))


@router.patch("/{sequence_id}/enrollments/{enrolment_id}")
def change_enrolment(
    request: HttpRequest, sequence_id: str, enrolment_id: str, payload: EnrolmentChange
) -> Json:
    """Pause, go on, stop. 409 where its state does not allow that any more."""
    row: Enrolment = access.one(_enrolments(request, sequence_id), enrolment_id)
    user, now = access.caller(request), timezone.now()
    if not row.steered_by(user):
        raise Problem(403, "Only who enrolled them, their owner and the sequence's may do that.")
    if row.state != payload.state:
        if payload.state == "paused":
            went = steering.pause(row)
        elif payload.state == "active":
            went = steering.resume(row, now)
        else:
            went = steering.stop(row, by=user, now=now)
        if not went:
            raise Problem(409, f"It is {row.state}, and cannot become {payload.state}.")
    return _enrolment(access.one(_enrolments(request, sequence_id), enrolment_id))


def _columns(step: StepIn, place: int) -> Json:
    """Of the model, for a step at this place. 422 where something it needs is missing."""
    if step.kind == "task":
        _need(step.title.strip(), place, "title", "Say what is to be done.")
        return {"kind": step.kind, "wait_days": step.wait_days, "title": step.title}
    _need(step.text.strip() or step.html.strip(), place, "text", "Write what the e-mail says.")
    alone = place == 0 or not step.same_thread
    _need(step.subject.strip() or not alone, place, "subject", "It begins a conversation.")
    values = step.dict(include={"kind", "wait_days", "same_thread", "subject"})
    return {**values, "html": both_forms(html=step.html, text=step.text)["html"]}


def _need(there: Any, place: int, field: str, words: str) -> None:
    if not there:
        error = FieldError(f"steps.{place}.{field}", words)
        raise Problem(422, "Some fields are not valid.", errors=[error])


def _visible(request: HttpRequest) -> Any:
    return Sequence.objects.visible_to(access.caller(request))


def _one(request: HttpRequest, sequence_id: str) -> Sequence:
    sequence: Sequence = access.one(_visible(request), sequence_id)
    return sequence


def _enrolments(request: HttpRequest, sequence_id: str) -> Any:
    rows = Enrolment.objects.visible_to(access.caller(request))
    rows = rows.filter(sequence=_one(request, sequence_id))
    return rows.select_related("contact", "sequence", "mailbox", "by").prefetch_related("runs")


def _contacts(request: HttpRequest, ids: list[str]) -> list[Contact]:
    """Those that the caller sees; 422 where one of them is not there for them."""
    rows = Contact.objects.visible_to(access.caller(request))
    pks = {int(each) for each in ids if each.isascii() and each.isdigit() and len(each) < 19}
    found = list(rows.filter(pk__in=pks).prefetch_related("addresses"))
    if len(found) < len(set(ids)):
        words = "There is no such row, or you may not see it."
        error = FieldError("contact_ids", words)
        raise Problem(422, "Some fields are not valid.", errors=[error])
    return found


def _show(standing: results.Standing) -> Json:
    sequence = standing.sequence
    steps = [step for step in sequence.steps.all() if step.removed_at is None]
    return {
        "id": str(sequence.pk),
        "name": sequence.name,
        "shared": sequence.shared,
        "colleague_ends": sequence.colleague_ends,
        "farewell": sequence.farewell,
        "owner_id": str(sequence.owner_id) if sequence.owner_id else None,
        "steps": [_step(step) for step in steps],
        "people": {
            "active": standing.active,
            "paused": standing.paused,
            "finished": standing.finished,
            "stopped": standing.stopped,
            "replied": standing.replied,
        },
    }


def _step(step: Step) -> Json:
    names = ("kind", "wait_days", "same_thread", "subject", "html", "title")
    return {"id": str(step.pk), **{name: getattr(step, name) for name in names}}


def _enrolment(row: Enrolment) -> Json:
    return {
        "id": str(row.pk),
        "sequence_id": str(row.sequence_id),
        "contact_id": str(row.contact_id),
        "mailbox_id": str(row.mailbox_id) if row.mailbox_id else None,
        "state": row.state,
        "why": row.why,
        "why_text": reasons.why(row),
        "delay": row.delay,
        "next_step_at": row.next_step_at.isoformat() if row.is_running else None,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "steps_taken": len(row.runs.all()),
    }
