"""Files of the timeline: to keep, and the pictures inside of a letter. Never as a page of ours."""

import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from crm.models import Attachment
from crm.web import Request, visible_or_404

PICTURES = {"image/png", "image/gif", "image/jpeg", "image/webp"}
PLAIN_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+", re.IGNORECASE)
# Whatever the file is, opened by mistake it may run nothing and load nothing.
HARMLESS = "default-src 'none'; sandbox; frame-ancestors 'self'"


@require_GET
@never_cache
def attachment(request: Request, pk: int) -> FileResponse:
    """Download it."""
    return _send(_find(request, pk), as_attachment=True)


@require_GET
@never_cache
def inline(request: Request, pk: int) -> FileResponse:
    """A picture inside of a letter; anything that is no picture is not shown this way."""
    file = _find(request, pk)
    if file.content_type.lower() not in PICTURES:
        raise Http404
    return _send(file, as_attachment=False)


def _find(request: Request, pk: int) -> Attachment:
    file: Attachment = visible_or_404(Attachment, request.user, pk)
    if not file.stored or not file.activity.detail.seen_by(request.user):
        raise Http404
    return file


def _send(file: Attachment, *, as_attachment: bool) -> FileResponse:
    known = PLAIN_TYPE.fullmatch(file.content_type)
    response = FileResponse(
        default_storage.open(file.path),
        as_attachment=as_attachment,
        filename=file.label,
        content_type=file.content_type if known else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = HARMLESS
    return response
