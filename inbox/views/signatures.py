"""The signature of a mailbox, which stands below what is sent from it (M21)."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.web import Request, done, page, visible_or_404
from inbox.forms.composer import SignatureForm
from inbox.mime import prose
from inbox.models import Mailbox

LONGEST = 20_000  # characters of HTML


@require_safe
def own(request: Request) -> HttpResponse:
    """That of one's own mailbox; of several, the list to choose from."""
    mine = Mailbox.objects.filter(owner=request.user).values_list("pk", flat=True)[:2]
    if len(mine) == 1:
        return redirect("inbox:signature", mine[0])
    return redirect("inbox:mailboxes")


@require_http_methods(["GET", "HEAD", "POST"])
def signature(request: Request, pk: int) -> HttpResponse:
    found: Mailbox = visible_or_404(Mailbox, request.user, pk)
    if not found.managed_by(request.user):
        raise Http404
    if request.method == "POST":
        form = SignatureForm(request.POST)
        html = form.signature()
        if len(html) <= LONGEST:
            found.change(signature=html)
            return done(request, "inbox:mailbox", pk, toast=_("The signature is saved."))
        form.add_error("text", _("This is too long for a signature. Shorten it."))
    else:
        now = prose.clean(found.signature)
        form = SignatureForm(initial={"html": now, "text": prose.plain(now)})
    context = {"form": form, "mailbox": found}
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/mailboxes/signature.html", context, status=status)
