"""Remote pictures of a mail: by a signed address of ours, fetched by our server, or not at all.

That somebody wants to see them is signed too: a link in a mail, or on a page elsewhere, must not be
able to say so for them.
"""

from django.core import signing
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.models import Contact, Email, User
from crm.undo import changed, remember
from crm.web import Request, back, done, post_only, visible_or_404
from inbox.connect import pictures
from inbox.views.finding import email_or_404

LONGEST = 3000  # of an address of ours; what is longer stays blocked
A_DAY = 24 * 3600
NOTHING = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)  # our own picture of one clear pixel


def proxied(email: Email, url: str) -> str:
    """The address of ours that shows this picture of that e-mail; "" where it cannot."""
    url = f"https:{url}" if url.startswith("//") else url
    signed = signing.dumps(url, salt=_salt(email.pk), compress=True)
    return reverse("inbox:image", args=[email.pk, signed]) if len(signed) < LONGEST else ""


def consent(user: User, email: Email) -> str:
    """What the link that shows them carries: nobody else can write it."""
    return signing.Signer(salt="pictures are shown").signature(f"{user.pk} {email.pk}")


def wanted(request: Request, email: Email) -> bool:
    return constant_time_compare(request.GET.get("images", ""), consent(request.user, email))


def _salt(pk: int) -> str:
    return f"picture of e-mail {pk}"


@require_GET
def image(request: Request, pk: int, signed: str) -> HttpResponse:
    """Only what stands in the mail is fetched, and only for who may read it. Not kept here."""
    found = email_or_404(request, pk)
    if not found.seen_by(request.user):
        raise Http404
    try:
        picture = pictures.fetch(signing.loads(signed, salt=_salt(pk), max_age=A_DAY))
    except (signing.BadSignature, pictures.NoPicture) as error:
        raise Http404 from error
    if picture.is_pixel:
        response = HttpResponse(NOTHING, content_type="image/gif")
    else:
        response = HttpResponse(picture.content, content_type=picture.content_type)
    response["Cache-Control"] = f"private, max-age={A_DAY}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@post_only
def always(request: Request, pk: int) -> HttpResponse:
    """Whether pictures are always shown in mail from the contact who wrote this one."""
    writer = email_or_404(request, pk).writer
    if writer is None or writer.contact_id is None:
        raise Http404
    contact = visible_or_404(Contact, request.user, writer.contact_id)
    shown = request.POST.get("shown") == "yes"
    undo = remember(request.user, changed(contact, images_shown=shown))
    said = (
        _("Images from {name} are shown from now on.")
        if shown
        else _("Images from {name} stay blocked.")
    )
    to = back(request, "inbox:email", pk)
    return done(request, to, toast=said.format(name=contact.name), undo=undo)
