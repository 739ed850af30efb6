"""The REST API: one NinjaAPI, its rooms in `crm.api` and `inbox.api`."""

from typing import Any

from django.conf import settings
from django.urls import re_path
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger

from crm.api import attachments, companies, contacts, deals, trash
from crm.rest import access, inputs, problems
from inbox.api import emails, health, mailboxes, sequences, templates


class Docs(Swagger):
    """Where ninja is no app it would draw them with files from elsewhere: here with its own."""

    template_cdn = str(settings.NINJA / "templates/ninja/swagger.html")


class Api(NinjaAPI):
    """Answers with a problem document also where ninja itself knows no page and no method."""

    def _get_urls(self) -> list[Any]:
        patterns: list[Any] = super()._get_urls()
        for pattern in patterns:
            pattern.callback = problems.told(pattern.callback)
        return [*patterns, re_path(r"", problems.told(problems.nowhere))]


api = Api(
    title="Musubi",
    version="1",
    docs=Docs(),
    auth=access.TokenAuth(),
    parser=inputs.ObjectParser(),
    urls_namespace="api",
    description="Times are ISO 8601 with zone. Ids are opaque strings. Lists are keyset pages. "
    "A token may make {} calls in {} seconds; then the answer is 429, and Retry-After says how "
    "long to wait.".format(*settings.RATES["call"]),
)
problems.install(api)
api.add_router("/contacts", contacts.router)
api.add_router("/companies", companies.router)
api.add_router("/deals", deals.router)
api.add_router("/attachments", attachments.router)
api.add_router("/trash", trash.router)
api.add_router("/emails", emails.router)
api.add_router("/mailboxes", mailboxes.router)
api.add_router("/templates", templates.router)
api.add_router("/sequences", sequences.router)
api.add_router("/health", health.router)
