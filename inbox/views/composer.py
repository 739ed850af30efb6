"""Writing: a new e-mail from a record, a reply, or one that was taken back; pressing Send logs it
and makes it due (M23), after the seconds in which it can be undone (M26)."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from crm.lib.keyset import LARGEST
from crm.models import Attachment, Company, Contact, Deal, Email
from crm.web import Request, back, done, page, post_only, visible_or_404
from inbox.forms.composer import ComposerForm
from inbox.models import Mailbox, Outgoing
from inbox.models.identities import proven_sender
from inbox.sending import composer, outbox
from inbox.sending.replies import Reply, answered_by, as_it_was, reply_to
from inbox.views.finding import contact_of, email_or_404

MOST_PEOPLE = 30  # that a company's page asks about


class Writing(NamedTuple):
    """What is being written: on whose record, in answer to what, posted where."""

    record: Contact | Company | Deal | None
    answers: Email | None
    action: str
    initial: dict[str, Any]
    people: Sequence[Contact] = ()  # whom it may be for, where the record leaves that open
    kept: Any = None  # files that it had before it was taken back

    @property
    def ids(self) -> str:
        """Of its fields: several composers may be open on one page."""
        return f"reply{self.answers.pk}_%s" if self.answers else "new_%s"


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    contact = visible_or_404(Contact, request.user, pk)
    action = reverse("inbox:compose", args=[pk])
    return _compose(request, Writing(contact, None, action, {"to": _line([contact])}))


@require_http_methods(["GET", "HEAD", "POST"])
def company(request: Request, pk: int) -> HttpResponse:
    """It is for nobody yet: the page asks whom; ?to= names somebody of the company."""
    found = visible_or_404(Company, request.user, pk)
    people = list(_people(request, found)[:MOST_PEOPLE])
    asked = [person for person in people if str(person.pk) == request.GET.get("to")]
    action = reverse("inbox:compose-company", args=[pk])
    return _compose(request, Writing(found, None, action, {"to": _line(asked)}, people))


@require_http_methods(["GET", "HEAD", "POST"])
def deal(request: Request, pk: int) -> HttpResponse:
    """To everybody who belongs to the deal."""
    found = visible_or_404(Deal, request.user, pk)
    action = reverse("inbox:compose-deal", args=[pk])
    initial = {"to": _line(_people(request, found)), "subject": found.name}
    return _compose(request, Writing(found, None, action, initial))


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: Request, pk: int) -> HttpResponse:
    email = email_or_404(request, pk)
    if not email.seen_by(request.user):
        raise Http404
    start = reply_to(email, list(_mailboxes(request)), everybody=request.GET.get("all") == "yes")
    action = reverse("inbox:reply", args=[pk])
    return _compose(request, Writing(contact_of(request, email), email, action, _initial(start)))


@post_only
def cancellation(request: Request, pk: int) -> HttpResponse:
    """Undo of a send: back to the composer, where the worker has not taken it yet (M26)."""
    rows = Outgoing.objects.filter(email=min(pk, LARGEST), email__activity__by=request.user)
    outgoing = rows.select_related("email__activity").first()
    if outgoing is None:
        raise Http404
    if outbox.cancel(outgoing) or outgoing.state == Outgoing.State.CANCELLED:
        return done(request, "inbox:draft", pk, toast=_("It was not sent. Here it is again."))
    contact = contact_of(request, outgoing.email)
    to = ("crm:contact", contact.pk) if contact else ("inbox:email", pk)
    return done(request, *to, toast=_("It has left already."))


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: Request, pk: int) -> HttpResponse:
    """The composer with what was taken back."""
    rows = Outgoing.objects.taken_back_by(request.user).filter(email=min(pk, LARGEST))
    outgoing = rows.select_related("email__thread", "mailbox").first()
    if outgoing is None:
        raise Http404
    people = outgoing.email.participants.exclude(role="from").values("contact")
    contact = Contact.objects.visible_to(request.user).filter(pk__in=people).first()
    files = Attachment.objects.filter(activity=pk).exclude(path="")
    initial = {**_initial(as_it_was(outgoing)), "kept": files}
    action = reverse("inbox:draft", args=[pk])
    writing = Writing(contact, answered_by(outgoing), action, initial, kept=files)
    return _compose(request, writing)


def _compose(request: Request, writing: Writing) -> HttpResponse:
    mailboxes = _mailboxes(request)
    fixed = {"mailboxes": mailboxes, "kept": writing.kept, "auto_id": writing.ids}
    if request.method == "POST":
        form = ComposerForm(request.POST, request.FILES, **fixed)
        sent = _send(request, form, writing)
        if sent:
            return _leaving(request, sent, _whereto(request, writing, sent))
    else:
        initial = {"key": secrets.token_hex(16), **writing.initial}
        form = ComposerForm(initial=initial, **fixed)
    form.fields["text" if writing.answers else "subject"].widget.attrs["autofocus"] = True
    context = {"form": form, "writing": writing, "mailboxes": mailboxes}
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/composer.html", context, part="composer", status=status)


def _initial(start: Reply) -> dict[str, Any]:
    """What a reply begins with, as the fields of the form."""
    sender = proven_sender(start.mailbox, start.sender) if start.mailbox else None
    return {**vars(start), "mailbox": sender.key if sender else start.mailbox}


def _leaving(request: Request, sent: Email, to: str) -> HttpResponse:
    """On to the record; the toast takes it back while it waits."""
    seconds = request.user.undo_seconds
    if not seconds:
        return done(request, to)
    said = ngettext("Sending in {n} second.", "Sending in {n} seconds.", seconds)
    undo = reverse("inbox:cancellation", args=[sent.pk])
    return done(request, to, toast=said.format(n=seconds), undo=undo)


def _send(request: Request, form: ComposerForm, writing: Writing) -> Email | None:
    """The e-mail, logged and due; None with the reason on the form."""
    if not form.is_valid():
        return None
    draft = form.draft(writing.answers, undo_seconds=request.user.undo_seconds)
    try:
        on = [writing.record] if isinstance(writing.record, Company | Deal) else []
        return composer.send(replace(draft, on=on), by=request.user)
    except composer.NotSendable as refused:
        field = "mailbox" if refused.field in ("mailbox_id", "from") else refused.field
        form.add_error(field, str(refused))
        return None


def _whereto(request: Request, writing: Writing, sent: Email) -> str:
    """The record; a reply that was written in place leaves one where one was."""
    to = writing.record or contact_of(request, sent)
    there = to.get_absolute_url() if to else reverse("inbox:email", args=[sent.pk])
    return back(request, there) if request.htmx and writing.answers else there


def _people(request: Request, record: Company | Deal) -> Any:
    """Those of a company or a deal who can be written to."""
    rows = record.contacts.visible_to(request.user).filter(addresses__isnull=False).distinct()
    return rows.prefetch_related("addresses")


def _line(people: Iterable[Contact]) -> str:
    return ", ".join(composer.written(p.name, p.email) for p in people if p.email)


def _mailboxes(request: Request) -> Any:
    """Those that one may write from: one's own and one's team's; an admin sees more (M52)."""
    return Mailbox.objects.usable_by(request.user).working()
