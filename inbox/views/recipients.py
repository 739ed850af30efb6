"""Whom one may mean: the rows below a recipients' field, asked for as one types."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.web import Request
from inbox.sending.suggesting import suggest


@require_safe
def recipients(request: Request) -> HttpResponse:
    """A part of a page: a script puts it into the list of the field that asked."""
    typed = request.GET.get("q", "").strip()[:100]
    context = {"suggestions": suggest(request.user, typed)}
    return render(request, "inbox/composer/_suggestions.html", context)
