"""What every open page asks for while somebody looks at it."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from crm.web import Request, page


@require_GET
@never_cache
def pulse(request: Request) -> HttpResponse:
    """Its right to post, which a sign-in elsewhere renews, and the counts of its navigation."""
    return page(request, "layouts/pulse.html")
