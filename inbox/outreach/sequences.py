"""The way through a sequence: one step of one contact, when it is due (M25, M56).

    due ──claim──► forbidden by now (Trash, hidden, opted out)? it ends
              │
              └─► working hours? ──► left to send today? ──► did they write, or bounce?
                        │                   │                        │ yes: it ends
                        └── later ◄─────────┴── cannot be asked ◄────┤
                                                                     ▼ no
       the next step's time, the step taken, the e-mail that is due: one transaction

Who dies before it has done nothing, who dies after it has done all; a step is taken once, since
each is one row for an enrolment. The e-mail then goes the way of any other (sending/outbox.py).
After its last step an enrolment waits some days for an answer, so that the figures have it.
"""

import random
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import QuerySet

from crm import todo
from crm.models import Email
from inbox.models import Enrolment, Mailbox, Outgoing, Pace, SendingHours, Step, StepRun
from inbox.outreach import ending, letters, steering, unsubscribing
from inbox.outreach.hours import Hours, add_days, next_moment, opening_after, public_holidays
from inbox.sending import composer
from inbox.sending.allowance import remaining

Delay, State, Why = Enrolment.Delay, Enrolment.State, Enrolment.Why
PATIENCE = timedelta(minutes=15)  # with a mailbox that cannot be asked, a mail that has not left
LAST_WAIT = 5  # working days after the last step
LATEST = 1.5  # times the spacing: mail that leaves at even distances looks like a robot's


def advance(enrolment: Enrolment, now: datetime) -> None:
    """Take its next step if it may be taken now, else say when it is due again. Nothing where
    another worker has it."""
    if not enrolment.claim(now):
        return
    forbidden = ending.forbidden(enrolment)
    if forbidden:
        steering.end(enrolment, forbidden.why, now, **forbidden.values)
        return
    sender = SendingHours.of(enrolment.by)
    hours = hours_of(sender, now)
    step = next_step(enrolment)
    if not _may_be_sent(enrolment, step, sender, hours, now):
        return
    try:
        asked = ending.ask(enrolment, now, now.astimezone(hours.zone).date())
    except ending.Unanswered:
        if step is None:
            enrolment.settle(state=State.FINISHED, delay="", values={}, ended_at=now)
        else:
            _wait(enrolment, now + PATIENCE, Delay.UNREACHABLE)
        return
    if asked.ending:
        steering.end(enrolment, asked.ending.why, now, **asked.ending.values)
    elif step is None:
        enrolment.settle(state=State.FINISHED, delay="", values={}, ended_at=now)
    elif asked.away:
        until = opening_after(hours, asked.away)
        _wait(enrolment, until, Delay.AWAY, {"until": asked.away.isoformat()})
    else:
        _take(enrolment, step, sender, hours, now)


def hours_of(sender: SendingHours, now: datetime) -> Hours:
    public = public_holidays(sender.country, range(now.year, now.year + 3))
    return Hours(sender.zone, sender.spans(), public | sender.off())


def next_step(enrolment: Enrolment) -> Step | None:
    """The first one behind the last that they have had, and have not had yet: who edits a sequence
    sends nobody back, and nothing twice."""
    last = enrolment.runs.select_related("step").order_by("-pk").first()
    steps = Step.objects.kept().filter(sequence=enrolment.sequence_id)
    if last:
        steps = steps.filter(position__gt=last.step.position)
    found: Step | None = steps.exclude(runs__enrolment=enrolment).order_by("position", "pk").first()
    return found


# --- may it be sent now? --------------------------------------------------------------------------


def _may_be_sent(
    enrolment: Enrolment, step: Step | None, sender: SendingHours, hours: Hours, now: datetime
) -> bool:
    """False, and a later time or a pause is written down, where it may not."""
    opens = next_moment(hours, now)
    if opens > now:
        _wait(enrolment, opens, Delay.HOURS)
    elif step is None:
        return True
    elif not _has_mailbox(enrolment):
        enrolment.settle(state=State.PAUSED, delay=Delay.MAILBOX, values={}, mailbox=None)
    elif _has_not_left(enrolment):
        _wait(enrolment, now + PATIENCE, Delay.UNSENT)
    elif step.kind == Step.Kind.EMAIL and (later := _no_room(enrolment, sender, hours, now)):
        _wait(enrolment, later, Delay.LIMIT)
    else:
        return True
    return False


def _has_mailbox(enrolment: Enrolment) -> bool:
    """One that its sender may still use: it may be gone, or somebody else's by now (M52)."""
    if enrolment.mailbox is None:
        return False
    usable = Mailbox.objects.usable_by(enrolment.by)
    return bool(usable.filter(pk=enrolment.mailbox.pk).exists())


def _has_not_left(enrolment: Enrolment) -> bool:
    """Whether the e-mail before is still on its way out, failed for a reason that is not the
    address, or nobody knows: then no other follows."""
    states = Outgoing.State
    waiting = [states.QUEUED, states.SENDING, states.UNKNOWN, states.FAILED]
    rows = Outgoing.objects.filter(email__activity__step_run__enrolment=enrolment)
    refused = rows.filter(email__participants__status__in=ending.LOST).values("pk")
    return bool(rows.filter(state__in=waiting).exclude(pk__in=refused).exists())


def _no_room(
    enrolment: Enrolment, sender: SendingHours, hours: Hours, now: datetime
) -> datetime | None:
    """When one may be sent again, where neither the person's limit nor the provider's lets one."""
    mailbox = enrolment.mailbox
    assert mailbox is not None  # asked before
    if sent_today(mailbox, hours, now) >= sender.daily_limit:
        return opening_after(hours, now.astimezone(hours.zone).date())
    return remaining(mailbox, now).next_at


def sent_today(mailbox: Mailbox, hours: Hours, now: datetime) -> int:
    """How many e-mails of sequences have left the mailbox since the sender's midnight."""
    midnight = datetime.combine(now.astimezone(hours.zone).date(), time.min, hours.zone)
    rows = StepRun.objects.filter(mailbox=mailbox, at__gte=midnight, step__kind=Step.Kind.EMAIL)
    return int(rows.count())


def _wait(
    enrolment: Enrolment, until: datetime, why: str, values: dict[str, str] | None = None
) -> None:
    enrolment.settle(next_step_at=until, delay=why, values=values or {})


# --- the step itself ------------------------------------------------------------------------------


def _take(
    enrolment: Enrolment, step: Step, sender: SendingHours, hours: Hours, now: datetime
) -> None:
    if step.kind == Step.Kind.EMAIL and not _has_pace(enrolment, sender, now):
        return
    about = letters.abouts([enrolment.contact], enrolment.by)[enrolment.contact_id]
    letter = letters.written(step, about, by=enrolment.by, mailbox=enrolment.mailbox)
    if letter.missing and step.kind == Step.Kind.EMAIL:
        steering.end(enrolment, Why.MISSING, now, fields=", ".join(letter.missing))
        return
    try:
        _write_down(enrolment, step, letter, hours, now)
    except composer.NotSendable as refused:
        if refused.field == "mailbox_id":
            _wait(enrolment, now + PATIENCE, Delay.UNREACHABLE)
        else:
            steering.end(enrolment, Why.REFUSED, now, said=refused.message)


def _has_pace(enrolment: Enrolment, sender: SendingHours, now: datetime) -> bool:
    spacing = timedelta(seconds=sender.spacing * random.uniform(1, LATEST))
    if Pace.take(enrolment.mailbox, now, spacing):
        return True
    pace = Pace.objects.filter(mailbox=enrolment.mailbox).first()
    enrolment.settle(next_step_at=pace.next_at if pace else now + spacing)
    return False


@transaction.atomic
def _write_down(
    enrolment: Enrolment, step: Step, letter: letters.Written, hours: Hours, now: datetime
) -> None:
    """All of it or nothing. Who paused or stopped them a moment ago comes first; of what else
    forbids it by now, the next try tells."""
    if ending.forbidden(enrolment):
        _wait(enrolment, now, "")
        return
    run = StepRun(enrolment=enrolment, step=step, mailbox=enrolment.mailbox, at=now)
    after = _after(enrolment, step, hours, now)
    if not enrolment.settle(next_step_at=after, delay="", values={}):
        return
    run.save()
    if step.kind == Step.Kind.TASK:
        made = todo.add(
            step.title,
            due_at=now,
            assignee=enrolment.by,
            records=[enrolment.contact],
            by=enrolment.by,
        )
        run.activity_id = made.pk
    else:
        run.activity_id = _send(enrolment, step, letter).pk
    run.save(update_fields=["activity"])


def _after(enrolment: Enrolment, step: Step, hours: Hours, now: datetime) -> datetime:
    """When what comes after this step is due."""
    later = Step.objects.kept().filter(sequence=step.sequence_id, position__gt=step.position)
    following = later.exclude(runs__enrolment=enrolment).order_by("position", "pk").first()
    return add_days(hours, now, following.wait_days if following else LAST_WAIT)


def _send(enrolment: Enrolment, step: Step, letter: letters.Written) -> Email:
    contact, mailbox = enrolment.contact, enrolment.mailbox
    assert mailbox is not None  # asked before
    answers = _conversation(enrolment) if step.same_thread else None
    url = unsubscribing.url(enrolment, contact.email)
    letter = letters.with_farewell(letter, enrolment.sequence.farewell, url)
    return composer.send(
        composer.NewEmail(
            mailbox=mailbox,
            to=[composer.written(contact.name, contact.email)],
            subject=_subject(letter.subject or _withdrawn_subject(enrolment), answers),
            text=letter.text,
            html=letter.html,
            answers=answers,
            idempotency_key=f"sequence-{enrolment.pk}-{step.pk}",
            unsubscribe_url=url,
        ),
        by=enrolment.by,
    )


def _conversation(enrolment: Enrolment) -> Email | None:
    """The last e-mail of ours on this way; the first step has none to answer. What was taken back
    before it left is none that they have."""
    sent = _letters(enrolment).exclude(status=Email.Status.CANCELLED)
    last: Email | None = sent.select_related("activity", "thread").last()
    return last


def _letters(enrolment: Enrolment) -> "QuerySet[Email]":
    return Email.objects.filter(activity__step_run__enrolment=enrolment).order_by("pk")


def _withdrawn_subject(enrolment: Enrolment) -> str:
    """A step in the same conversation has no subject; it begins one where that was taken back."""
    first = _letters(enrolment).first()
    return first.subject if first else ""


def _subject(written: str, answers: Email | None) -> str:
    """Mail programs keep a conversation together by its subject too."""
    if answers is None:
        return written
    before = answers.subject
    return before if before.lower().startswith("re:") else f"Re: {before}"
