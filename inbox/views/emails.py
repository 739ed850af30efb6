"""One e-mail: itself, its HTML in a frame of its own, and what a person decides about it."""

from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from crm import undo
from crm.lib.html import sanitise_and_count, with_ground, with_inline_images, without_pixels
from crm.lib.links import with_true_links
from crm.lib.quotes import fold_quotes
from crm.models import Email
from crm.strangers import others_in
from crm.web import Request, done, onward, page, post_only
from inbox.models import Outgoing
from inbox.sending import again, outbox, recipients
from inbox.views import images
from inbox.views.finding import contact_of, email_or_404

# No script, nothing from elsewhere: what the sanitiser might miss finds no way out.
LETTER = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self';"
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@require_GET
def email(request: Request, pk: int) -> HttpResponse:
    found = email_or_404(request, pk)
    mine = found.activity.by_id == request.user.pk
    context = {
        "email": found,
        "activity": found.activity,
        "contact": contact_of(request, found),
        "images": images.wanted(request, found),
        "others": others_in(found, request.user),
        "sent_copy": Outgoing.objects.filter(email=found, state="sent").defer("frozen").first(),
        "readers": found.readers.select_related("user") if mine else [],
    }
    return page(request, "inbox/emails/detail.html", context, part="message")


@require_GET
@xframe_options_sameorigin
@never_cache
def body(request: Request, pk: int) -> HttpResponse:
    """Its HTML as a page for the sandboxed frame; remote images are blocked until asked for."""
    found = email_or_404(request, pk)
    if not found.html or not found.seen_by(request.user):
        raise Http404
    html = with_inline_images(with_ground(found.html), _inline_images(found))
    shown = found.shows_images or images.wanted(request, found)
    through = partial(images.proxied, found) if shown else None
    html = with_true_links(
        without_pixels(html), lambda host: _("⚠ leads to {host}").format(host=host)
    )
    letter = sanitise_and_count(fold_quotes(html, _("Show quoted text")), through)
    response = page(request, "inbox/emails/body.html", {"letter": letter, "email": found})
    response["Content-Security-Policy"] = LETTER
    return response


@post_only
def retry(request: Request, pk: int) -> HttpResponse:
    found = _outgoing_or_404(request, pk)
    if outbox.retry(found.outgoing):
        return _back(request, found, _("It is being sent again."))
    return _back(request, found, _("It is not waiting for a retry any more."))


@post_only
def resolution(request: Request, pk: int) -> HttpResponse:
    """The answer to "Did it arrive?": only a person may have it sent again (M23)."""
    found = _outgoing_or_404(request, pk)
    delivered = request.POST.get("delivered")
    if delivered not in ("yes", "no"):
        context = {"email": found, "activity": found.activity, "contact": None}
        return page(request, "inbox/emails/detail.html", context, status=422)
    outbox.resolve(found.outgoing, delivered=delivered == "yes")
    said = _("Marked as sent.") if delivered == "yes" else _("It is being sent again.")
    return _back(request, found, said)


@post_only
def send_again(request: Request, pk: int) -> HttpResponse:
    """To one whom the server did not take, while it took the others."""
    found = _outgoing_or_404(request, pk)
    recipient = recipients.named(found, request.POST.get("recipient", ""))
    if recipient is None:
        raise Http404
    try:
        begun = again.send_again(found.outgoing, recipient)
    except OSError:
        return _back(request, found, _("A file of this e-mail is gone. Write it anew."))
    if begun:
        said = _("It is being sent again, to {name} only.").format(name=recipient)
        return _back(request, found, said)
    return _back(request, found, _("It is not waiting for a retry any more."))


@post_only
def trash(request: Request, pk: int) -> HttpResponse:
    found = email_or_404(request, pk)
    if not found.seen_by(request.user):  # what somebody may not read they do not take away (M53)
        raise Http404
    record = contact_of(request, found)
    entry = undo.remember(request.user, undo.trashed(found.activity))
    to = onward(request, record, but=reverse("inbox:email", args=[pk]))
    return done(request, to, toast=_("The e-mail is in the Trash."), undo=entry)


def _outgoing_or_404(request: Request, pk: int) -> Any:
    found = email_or_404(request, pk)
    if not Outgoing.objects.decided_by(request.user).filter(email=found).exists():
        raise Http404
    return found


def _back(request: Request, found: Email, toast: str) -> HttpResponse:
    contact = contact_of(request, found)
    to = ("crm:contact", contact.pk) if contact else ("inbox:email", found.pk)
    return done(request, *to, toast=toast)


def _inline_images(found: Email) -> dict[str, str]:
    files = found.attachments().exclude(content_id="").exclude(path="")
    return {
        file.content_id.strip("<>"): reverse("crm:attachment-inline", args=[file.pk])
        for file in files
    }
