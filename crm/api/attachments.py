"""REST: the bytes of an attachment."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from ninja import Router

from crm.models import Attachment
from crm.rest import access

router = Router(tags=["attachments"])


@router.get("/{attachment_id}", url_name="attachment")
def read_attachment(request: HttpRequest, attachment_id: str) -> FileResponse:
    """Always a download, whatever type the sender gave it."""
    viewer = access.caller(request)
    row: Attachment = access.one(Attachment.objects.visible_to(viewer), attachment_id)
    if not row.stored or not row.activity.detail.seen_by(viewer):
        raise Http404
    answer = FileResponse(
        default_storage.open(row.path),
        as_attachment=True,
        filename=row.label,
        content_type="application/octet-stream",
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
