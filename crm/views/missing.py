"""What a page says that is not there: how somebody goes on, and how a record comes back that lies
in the Trash (M32)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.views.defaults import page_not_found

from crm.lib.keyset import LARGEST
from crm.models import User
from crm.records import MODELS
from crm.trash import Trashed, find
from crm.views.records import LISTS


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404 (config/urls.py): with the navigation for whoever is signed in. What they may not
    see is not there, in the Trash as elsewhere."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or request.headers.get("HX-Request"):
        return page_not_found(request, exception)
    trashed = _trashed(request.path, user)
    context = {"trashed": trashed, "list_url": LISTS[trashed.kind] if trashed else "crm:contacts"}
    return render(request, "crm/missing.html", context, status=404)


def _trashed(path: str, user: User) -> Trashed | None:
    """The record that the address is about, where it lies in the Trash."""
    try:
        found = resolve(path)
    except Http404:
        return None
    kind, pk = _kinds().get(found.route.partition("/")[0], ""), found.kwargs.get("pk", 0)
    row: Any = find(user, kind, pk) if kind and pk <= LARGEST else None
    return Trashed(kind, row) if row else None


def _kinds() -> dict[str, str]:
    """{"contacts": "contact", …}: how their addresses begin."""
    return {LISTS[noun].partition(":")[2]: noun for noun in MODELS}
