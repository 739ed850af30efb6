"""What a page says when it could not be made: a pause, or a fault of ours."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

from crm.away import AWAY, come_again


@requires_csrf_token
def broken(request: HttpRequest) -> HttpResponse:
    """handler500 (config/urls.py). Asks neither the database nor whoever is signed in."""
    if isinstance(sys.exception(), AWAY):
        return come_again(HttpResponse(loader.get_template("503.html").render()))
    return server_error(request)
