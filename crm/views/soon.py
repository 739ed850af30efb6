"""Pages that are not there yet."""

from django.http import HttpResponse

from crm.web import Request, page


def soon(request: Request, pk: int = 0) -> HttpResponse:
    return page(request, "crm/soon.html")


def one(request: Request, pk: int) -> HttpResponse:
    return page(request, "crm/soon.html", {"pk": pk})
