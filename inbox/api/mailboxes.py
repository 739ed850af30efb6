"""REST: mailboxes: connect, change, disconnect, look, and the reading ledger (M13)."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import AfterValidator, Field

from crm.models import User
from crm.rest import access
from crm.rest.inputs import Body
from crm.rest.problems import FieldError, Problem
from inbox.connect import doors, joining
from inbox.connect.providers import files_sent_itself, pop3_refusal
from inbox.models import Mailbox, Reading
from inbox.models.readings import LedgerDay, ledger
from inbox.wire.account import Security, Settings

router = Router(tags=["mailboxes"])
Json = dict[str, Any]
SERVERS = {
    *("username", "imap_host", "imap_port", "imap_security"),
    *("smtp_host", "smtp_port", "smtp_security"),
}


# One server by one name, or its mailbox would be connected twice.
Host = Annotated[str, AfterValidator(str.lower)]


class MailboxIn(Body):
    email: str = Field(max_length=254, pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    username: str = Field("", max_length=254)
    password: str = Field(min_length=1)
    imap_host: Host = Field(min_length=1, max_length=253)
    imap_port: int = Field(993, ge=1, le=65535)
    imap_security: Security = "tls"
    smtp_host: Host = Field(min_length=1, max_length=253)
    smtp_port: int = Field(465, ge=1, le=65535)
    smtp_security: Security = "tls"
    scope: Mailbox.Scope = Mailbox.Scope.THREADS
    since_days: int = Field(0, ge=0, le=3650)
    name: str = Field("", max_length=150)


class MailboxChange(Body):
    """Only what was sent is changed, so the defaults here never count."""

    email: str = ""
    username: str = Field("", min_length=1, max_length=254)
    password: str = Field("", min_length=1)
    imap_host: Host = Field("", min_length=1, max_length=253)
    imap_port: int = Field(0, ge=1, le=65535)
    imap_security: Security = "tls"
    smtp_host: Host = Field("", min_length=1, max_length=253)
    smtp_port: int = Field(0, ge=1, le=65535)
    smtp_security: Security = "tls"
    scope: Mailbox.Scope = Mailbox.Scope.THREADS
    since_days: int = Field(0, ge=0, le=3650)
    name: str = Field("", max_length=150)


@router.get("")
def list_mailboxes(request: HttpRequest, cursor: str = "", limit: int = 50) -> Json:
    rows = _visible(request).prefetch_related("folders")
    return access.page(rows, cursor, limit, show)


@router.post("", response={201: Json})
def connect_mailbox(request: HttpRequest, payload: MailboxIn) -> Status[Json]:
    """Tests the connection first; a step that fails is told with 422, and nothing is kept."""
    wanted = Settings(
        **payload.dict(exclude={"scope", "since_days", "name", "email", "username"}),
        email=payload.email.lower(),
        username=payload.username or payload.email,
    )
    _refuse_pop3(wanted)
    scope = payload.scope if "scope" in payload.model_fields_set else ""
    choices = joining.Choices(payload.name, scope, payload.since_days)
    try:
        mailbox = joining.connect(wanted, choices, owner=access.caller(request))
    except joining.NotConnected as error:
        raise _not_connected(error) from None
    return Status(201, show(mailbox))


@router.get("/{mailbox_id}")
def read_mailbox(request: HttpRequest, mailbox_id: str) -> Json:
    return show(_one(request, mailbox_id))


@router.patch("/{mailbox_id}")
def change_mailbox(request: HttpRequest, mailbox_id: str, payload: MailboxChange) -> Json:
    """A new password or server is tested before it replaces the old one."""
    mailbox = _managed(request, mailbox_id)
    given = payload.dict(exclude_unset=True)
    if given.pop("email", mailbox.email).lower() != mailbox.email:
        words = "The address is what a mailbox is. Connect the other one instead."
        raise Problem(422, words, errors=[FieldError("email", words)])
    password = given.pop("password", "")
    if not password:
        _refuse_other_host(mailbox, given)
    if given.get("scope", mailbox.scope) != mailbox.scope and (
        mailbox.owner != access.caller(request)
    ):
        raise Problem(403, "Only its owner may choose what is read in it.")
    for name, value in given.items():
        setattr(mailbox, name, value)
    if given:
        given["files_sent_itself"] = files_sent_itself(mailbox.imap_host)
    if password or SERVERS & given.keys():
        _reconnect(mailbox, password, given, by=access.caller(request))
    elif given:
        mailbox.change(**given)
    return show(mailbox)


@router.delete("/{mailbox_id}", response={204: None})
def disconnect_mailbox(
    request: HttpRequest,
    mailbox_id: str,
    keep_emails: bool = True,  # noqa: FBT001, FBT002
) -> Status[None]:
    joining.disconnect(_managed(request, mailbox_id), keep_emails=keep_emails)
    return Status(204, None)


@router.post("/{mailbox_id}/sync", response={202: Json})
def sync_mailbox(request: HttpRequest, mailbox_id: str) -> Status[Json]:
    mailbox = _one(request, mailbox_id)
    mailbox.look_now()
    return Status(202, show(mailbox))


@router.get("/{mailbox_id}/reads")
def read_ledger(request: HttpRequest, mailbox_id: str, cursor: str = "", limit: int = 30) -> Json:
    """`items`: the days, newest first; `bodies`: each body read on those days, with its reason."""
    limit = max(1, min(limit, access.MOST))
    days = ledger(_one(request, mailbox_id), before=_day(cursor), limit=limit + 1)
    shown = days[:limit]
    return {
        "items": [_show_day(day) for day in shown],
        "bodies": [_show_reading(row) for day in shown for row in day.bodies],
        "next": shown[-1].day.isoformat() if len(days) > limit else None,
    }


def _day(cursor: str) -> date | None:
    try:
        return date.fromisoformat(cursor) if cursor else None
    except ValueError:
        raise access.bad_cursor() from None


def show(mailbox: Mailbox) -> Json:
    synced = mailbox.last_synced_at
    names = ("email", "name", "username", "imap_host", "imap_port", "imap_security", "smtp_host")
    more = ("smtp_port", "smtp_security", "scope", "since_days", "state", "state_reason")
    return {
        "id": str(mailbox.pk),
        **{name: getattr(mailbox, name) for name in names + more},
        "last_synced_at": synced.isoformat() if synced else None,
        "folders": [
            {"name": row.name, "role": row.role, "messages": row.messages}
            for row in mailbox.folders.all()
            if row.watched
        ],
    }


def _visible(request: HttpRequest) -> Any:
    return Mailbox.objects.visible_to(access.caller(request))


def _one(request: HttpRequest, mailbox_id: str) -> Mailbox:
    mailbox: Mailbox = access.one(_visible(request), mailbox_id)
    return mailbox


def _managed(request: HttpRequest, mailbox_id: str) -> Mailbox:
    mailbox = _one(request, mailbox_id)
    if not mailbox.managed_by(access.caller(request)):
        raise Problem(403, "Only its owner or an admin may do that.")
    return mailbox


def _reconnect(mailbox: Mailbox, password: str, changes: Json, *, by: User) -> None:
    """Tests the mailbox as it stands in memory; nothing of it is kept where the test fails."""
    wanted = doors.settings_of(mailbox, password)
    _refuse_pop3(wanted)
    try:
        joining.reconnect(mailbox, wanted.password, by=by, **changes)
    except joining.NotConnected as error:
        raise _not_connected(error) from None


def _refuse_other_host(mailbox: Mailbox, given: Json) -> None:
    """A password that is stored goes to the server that it was given for, and to no other."""
    hosts = ("imap_host", "smtp_host")
    if any(given.get(name, "").lower() not in ("", getattr(mailbox, name)) for name in hosts):
        words = "Give the password again: it would go to another server."
        raise Problem(422, words, errors=[FieldError("password", words)])


def _refuse_pop3(wanted: Settings) -> None:
    for field, host, port in (
        ("imap_host", wanted.imap_host, wanted.imap_port),
        ("smtp_host", wanted.smtp_host, wanted.smtp_port),
    ):
        words = pop3_refusal(host, port)
        if words:
            errors = [FieldError(field, words)]
            raise Problem(422, words, errors=errors, step="resolve", server_said="", advice=words)


def _not_connected(error: joining.NotConnected) -> Problem:
    step = error.failed
    return Problem(
        422, step.advice, step=step.name, server_said=step.server_said, advice=step.advice
    )


def _show_reading(row: Reading) -> Json:
    return {
        "message_id": row.shown_id,
        "reason": {"rule": row.rule, "text": row.text, "message_id": row.known_id},
        "at": row.at.isoformat(),
        "email_id": str(row.email_id) if row.email_id else None,
    }


def _show_day(day: LedgerDay) -> Json:
    return {
        "date": day.day.isoformat(),
        "headers_read": day.headers,
        "bodies_read": len(day.bodies),
    }
