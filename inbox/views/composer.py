"""Writing: a new e-mail to a contact, or a reply; pressing Send logs it and makes it due (M23)."""

import secrets
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.models import Contact, Email
from crm.web import Request, done, page, visible_or_404
from inbox.forms.composer import ComposerForm
from inbox.models import Mailbox
from inbox.sending import composer
from inbox.sending.replies import reply_to
from inbox.views.emails import contact_of, email_or_404


class Writing(NamedTuple):
    """What is being written: on whose record, in answer to what, posted where."""

    contact: Contact | None
    answers: Email | None
    action: str
    initial: dict[str, Any]

    @property
    def ids(self) -> str:
        """Of its fields: several composers may be open on one page."""
        return f"reply{self.answers.pk}_%s" if self.answers else "new_%s"


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    contact = visible_or_404(Contact, request.user, pk)
    to = f"{contact.name} <{contact.email}>" if contact.email else ""
    writing = Writing(contact, None, reverse("inbox:compose", args=[pk]), {"to": to})
    return _compose(request, writing)


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: Request, pk: int) -> HttpResponse:
    email = email_or_404(request, pk)
    if not email.seen_by(request.user):
        raise Http404
    start = reply_to(email, list(_mailboxes(request)), everybody=request.GET.get("all") == "yes")
    action = reverse("inbox:reply", args=[pk])
    return _compose(request, Writing(contact_of(request, email), email, action, vars(start)))


def _compose(request: Request, writing: Writing) -> HttpResponse:
    mailboxes = _mailboxes(request)
    fixed = {"mailboxes": mailboxes, "auto_id": writing.ids}
    if request.method == "POST":
        form = ComposerForm(request.POST, request.FILES, **fixed)
        sent = _send(request, form, writing)
        if sent:
            to = writing.contact or contact_of(request, sent)
            return done(request, *(("crm:contact", to.pk) if to else ("inbox:email", sent.pk)))
    else:
        initial = {"key": secrets.token_hex(16), **writing.initial}
        form = ComposerForm(initial=initial, **fixed)
    form.fields["text" if writing.answers else "subject"].widget.attrs["autofocus"] = True
    context = {"form": form, "writing": writing, "mailboxes": mailboxes}
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/composer.html", context, part="composer", status=status)


def _send(request: Request, form: ComposerForm, writing: Writing) -> Email | None:
    """The e-mail, logged and due; None with the reason on the form."""
    if not form.is_valid():
        return None
    try:
        return composer.send(form.draft(writing.answers), by=request.user)
    except composer.NotSendable as refused:
        form.add_error("mailbox" if refused.field == "mailbox_id" else refused.field, str(refused))
        return None


def _mailboxes(request: Request) -> Any:
    """Those that one may write from: one's own and one's team's; an admin sees more (M52)."""
    return Mailbox.objects.usable_by(request.user).working()
