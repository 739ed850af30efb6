"""Delivery of what is due, exactly once or with a question (M23, M46).

    queued ──claim──► sending ──► (bytes frozen, connected, recipients accepted)
      ▲  ▲                │
      │  └── transient ───┤ refused before or by a complete answer to the data
      │      (backoff)    ├── permanent ──► failed ──Retry──► queued
      │                   │
      │              transmitting_at is committed, then the first byte leaves
      │                   ├── complete 2xx answer ──► sent ──► the Sent copy (sent_copy.py), and
      │                   │                  whom the server did not take for now (again.py)
      │                   └── anything else ──► ask the Sent folder ─┬─ found ──► sent
      │                                                              └─ unknown
      └──────────── a person says "it did not arrive" ─────────────────┘
                    a person says "it did", a reply or a copy in Sent turns up ──► sent
    queued, and not yet claimed ──Undo──► cancelled
    queued, and its recipient is in the Trash, its writer gone … ──► failed (revoked.py)
    queued, in the Trash when it was due                     ──► failed, if it comes back
    queued for later, and somebody wrote meanwhile ──► held ──a person──► queued (later.py)
    queued, with no room in what its provider allows ──► queued, due when there is (allowance.py)

A row found `sending` after its claim has run out was left by somebody who died. Without
`transmitting_at` nothing had left, and it is sent; with it, it is asked about, never sent again.
"""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import notices, timeline
from crm.models import Email
from inbox import metrics, threads
from inbox.connect import doors
from inbox.deliveries import confirm_delivery, is_answered
from inbox.mime import given_ids
from inbox.mime.ids import normal
from inbox.models import MessageId, Outgoing
from inbox.sending import (
    again,
    allowance,
    departures,
    freezing,
    later,
    posting,
    recipients,
    revoked,
    sent_copy,
    server_limits,
)
from inbox.wire.faults import Fault, OutcomeUnknown, SmtpRefused

MOST_ATTEMPTS = 12  # with the backoff below: about seven hours


def attempt(outgoing: Outgoing) -> None:
    """Try once to deliver what is due, and settle how it went. Nothing where another holds it."""
    if not outgoing.claim(timezone.now()):
        return
    if outgoing.transmitting_at is not None:  # as it is now that nobody else can change it
        _ask(outgoing, "")
        return
    try:
        revoked.refuse(outgoing)
    except revoked.Revoked as fault:
        _refused(outgoing, fault)
        return
    answer = later.answer_to(outgoing) if outgoing.holds else None
    if answer:
        later.hold(outgoing, answer, timezone.now())
        return
    wait = allowance.take(outgoing, timezone.now())
    if wait:
        _wait(outgoing, wait)
        return
    _becomes(outgoing, Outgoing.State.SENDING, attempts=outgoing.attempts + 1)
    try:
        _freeze(outgoing)
        _deliver(outgoing)
    except OutcomeUnknown as fault:
        _ask(outgoing, fault.server_said)
    except Fault as fault:
        _refused(outgoing, fault)
    except Exception:
        if outgoing.transmitting_at is None:  # else it is asked about when the claim has run out
            _refused(outgoing, Fault("internal", transient=True))
        raise


def retry(outgoing: Outgoing) -> bool:
    """A person asks for another attempt at a failed e-mail: the same bytes, the same id."""
    return _requeue(outgoing, Outgoing.State.FAILED)


def resolve(outgoing: Outgoing, *, delivered: bool) -> bool:
    """A person answers what nobody else could know. False where it was not in question (any more).

    Not delivered means: send it again.
    """
    if not delivered:
        return _requeue(outgoing, Outgoing.State.UNKNOWN)
    now = timezone.now()
    values = {"sent_at": now, "copy_due_at": now}
    return _person_settles(outgoing, Outgoing.State.UNKNOWN, Outgoing.State.SENT, **values)


@transaction.atomic
def stop(outgoing: Outgoing, said: str) -> bool:
    """What waits to leave fails with these words, until a person has it sent again. False where it
    waits no more."""
    now = timezone.now()
    rows = Outgoing.objects.filter(pk=outgoing.pk, claimed_until__lte=now, transmitting_at=None)
    waiting = rows.filter(state__in=[Outgoing.State.QUEUED, Outgoing.State.SENDING])
    if waiting.update(state=Outgoing.State.FAILED, waits="") != 1:
        return False
    outgoing.refresh_from_db()
    _show(outgoing.email, Outgoing.State.FAILED, said)
    _tell(outgoing, Outgoing.State.FAILED, said, ours=True)
    return True


@transaction.atomic
def leave_in_trash(outgoing: Outgoing) -> bool:
    """What lies in the Trash when it was to leave does not leave once it is restored, however late
    that is: a person has it sent again. False where it waits no more."""
    now = timezone.now()
    rows = Outgoing.objects.filter(pk=outgoing.pk, state=Outgoing.State.QUEUED)
    rows = rows.filter(claimed_until__lte=now, transmitting_at=None).exclude(Outgoing.KEPT)
    if rows.update(state=Outgoing.State.FAILED, waits="") != 1:
        return False
    by = outgoing.email.activity.by
    with by.preferences() if by else nullcontext():
        said = _("It was in the Trash when it was to leave.")
    _show(outgoing.email, Outgoing.State.FAILED, said)
    return True


@transaction.atomic
def cancel(outgoing: Outgoing) -> bool:
    """Take it back before it leaves (M26). False where the worker has it already.

    One conditional UPDATE decides between this and a claim. The e-mail leaves every timeline for
    good; until it is erased with the Trash, whoever wrote it can write on from it.
    """
    now = timezone.now()
    waiting = Outgoing.objects.filter(
        pk=outgoing.pk,
        state__in=[Outgoing.State.QUEUED, Outgoing.State.HELD],
        claimed_until__lte=now,
        transmitting_at=None,
    )
    values = {"state": Outgoing.State.CANCELLED, "frozen": None}
    if waiting.update(**values, idempotency_key=outgoing.spent_key) != 1:
        return False
    outgoing.refresh_from_db()
    email = outgoing.email
    email.status = Email.Status.CANCELLED
    email.save(update_fields=["status"])
    timeline.take_off(email.activity)
    email.activity.trash()
    return True


# --- one delivery ---------------------------------------------------------------------------------


def _freeze(outgoing: Outgoing) -> None:
    """The bytes of the first attempt are those of every other: the same id, the same Date."""
    if outgoing.frozen is None:
        outgoing.settle(frozen=freezing.built(outgoing, timezone.now()))


def _deliver(outgoing: Outgoing) -> None:
    sender, everybody = recipients.envelope(outgoing)
    if outgoing.mailbox is None:
        raise Fault("disconnected", _("The mailbox that it was written in is disconnected."))
    with doors.posting(outgoing.mailbox) as session:
        server_limits.learn(outgoing.mailbox, session)
        taken = posting.hand_over(session, outgoing, sender, everybody)
        sent = taken is not None and _sent(outgoing, taken)  # before the goodbye may take its time
    if sent:
        sent_copy.settle(outgoing)


# --- how it went ----------------------------------------------------------------------------------


def _sent(outgoing: Outgoing, taken: posting.Taken) -> bool:
    now, email = timezone.now(), outgoing.email
    refused, passing = recipients.in_words(taken.refused), recipients.passing(taken.refused)
    said = "; ".join(refused.values())
    everybody = recipients.envelope(outgoing)[1]
    with transaction.atomic():
        settled = _becomes(outgoing, Outgoing.State.SENT, error=said, sent_at=now, copy_due_at=now)
        recipients.note(email, everybody, refused, passing if settled else ())
        _learn_given(outgoing, taken.said)
        if settled:
            departures.keep(outgoing, {**refused, "": taken.said}, now)
            again.begin(outgoing, passing, now)
            final = {who: words for who, words in refused.items() if who not in passing}
            recipients.tell(email, "recipient_refused", final)
    if settled:
        return True
    # The claim ran out during the hand-over; what the server said is true all the same.
    if confirm_delivery(email, now):
        timeline.touch(email.activity)
    return False


def _learn_given(outgoing: Outgoing, said: str) -> None:
    """Where the server has replaced the id and says by which (M9), answers will name that one."""
    host = outgoing.mailbox.smtp_host if outgoing.mailbox else ""
    given = normal(given_ids.in_answer(host, said))
    if given and MessageId.objects.learn(given, outgoing.email):
        threads.arrived([given], outgoing.email)


def _refused(outgoing: Outgoing, fault: Fault) -> None:
    """Nothing was taken. Later again where that can help, else shown with the server's words."""
    now = timezone.now()
    values: dict[str, Any] = {"transmitting_at": None, "claimed_until": now, "counted_at": None}
    if fault.transient and outgoing.attempts < MOST_ATTEMPTS:
        wait = timedelta(seconds=min(3600, 15 * 2**outgoing.attempts))
        values["due_at"] = now + max(wait, fault.wait)
        _becomes(outgoing, Outgoing.State.QUEUED, error=_words(fault), **values)
        return
    ours = isinstance(fault, revoked.Revoked)
    failed = _becomes(outgoing, Outgoing.State.FAILED, error=_words(fault), ours=ours, **values)
    if failed and isinstance(fault, SmtpRefused) and fault.refused:  # each of them
        everybody = recipients.envelope(outgoing)[1]
        recipients.note(outgoing.email, everybody, recipients.in_words(fault.refused))


def _wait(outgoing: Outgoing, wait: allowance.Wait) -> None:
    """It stays in the queue, and the timeline says what for where it is not for seconds (M58)."""
    now, said = timezone.now(), allowance.in_words(wait)
    values: dict[str, Any] = {"waits": wait.why, "due_at": wait.until, "claimed_until": now}
    _becomes(outgoing, Outgoing.State.QUEUED, error=said, **values)


def _words(fault: Fault) -> str:
    return fault.server_said or fault.code


def _ask(outgoing: Outgoing, said: str) -> None:
    """The message may have been taken: an answer to it or its copy in Sent proves that, else it
    is a question."""
    now = timezone.now()
    if is_answered(outgoing.email) or sent_copy.is_filed(outgoing):
        values: dict[str, Any] = {"sent_at": now, "copy_due_at": now, "claimed_until": now}
        with transaction.atomic():
            if _becomes(outgoing, Outgoing.State.SENT, error="", **values):
                departures.keep(outgoing, {"": said}, now)
    else:
        _becomes(outgoing, Outgoing.State.UNKNOWN, error=said, claimed_until=now)


@transaction.atomic
def _becomes(
    outgoing: Outgoing, state: str, *, error: str = "", ours: bool = False, **values: object
) -> bool:
    """Set the state, and what the timeline shows of it, together. `ours`: it is not a server that
    says the error. False: the claim was lost."""
    if not outgoing.settle(state=state, **values):
        return False
    if state != Outgoing.State.SENDING:
        metrics.sent(outgoing)
    _show(outgoing.email, state, error)
    if outgoing.email.status == state:
        _tell(outgoing, state, error, ours=ours)
    return True


def _tell(outgoing: Outgoing, state: str, said: str, *, ours: bool) -> None:
    """Whoever wrote it is told where it did not leave, and where only they can know."""
    kinds: dict[str, str] = {
        Outgoing.State.FAILED: "send_stopped" if ours else "send_failed",
        Outgoing.State.UNKNOWN: "unknown_delivery",
    }
    if state not in kinds:
        return
    email = outgoing.email
    for user in revoked.whom_to_tell(outgoing):
        subject = email.summary() if email.shows_subject_to(user) else "…"
        values = {"email": email.pk, "subject": subject, "said": said[:300]}
        notices.tell(user, kinds[state], **values)


def _show(email: Email, state: str, error: str) -> None:
    email.refresh_from_db(fields=["status"])
    if email.status != Email.Status.BOUNCED:  # the report was quicker, and says more
        email.status = Email.Status(state)
        email.error = error
        email.save(update_fields=["status", "error"])
    timeline.touch(email.activity)


# --- what a person decides ------------------------------------------------------------------------


def _requeue(outgoing: Outgoing, state: str) -> bool:
    now = timezone.now()
    values = {"due_at": now, "attempts": 0, "transmitting_at": None, "claimed_until": now}
    return _person_settles(outgoing, state, Outgoing.State.QUEUED, **values)


@transaction.atomic
def _person_settles(outgoing: Outgoing, before: str, after: str, **values: object) -> bool:
    """Change the state if it still is what the person saw."""
    rows = Outgoing.objects.filter(pk=outgoing.pk, state=before)
    if rows.update(state=after, **values) != 1:
        return False
    outgoing.refresh_from_db()
    _show(outgoing.email, after, "")
    return True
