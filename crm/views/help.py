"""The help page: questions with answers, found by a plain GET."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from crm.help import answers
from crm.web import Request, page


@require_safe
def help_page(request: Request) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:200]
    figures = {
        "trash_days": settings.RETENTION_TRASH_DAYS,
        "most_bytes": settings.INBOX_MAX_MESSAGE_BYTES,
    }
    context = {"words": words, "answers": answers(words, figures)}
    return page(request, "crm/help/page.html", context, part="answers")
