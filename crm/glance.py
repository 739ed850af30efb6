"""What a list says of a record at a glance: its newest e-mail, what is to be done next, what its
open deals are worth. One or two queries each, whatever the number of rows.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum

from crm.models import Activity, Association, Contact, Deal, Email, Task, User


class Mail(NamedTuple):
    at: datetime
    incoming: bool
    auto_reply: bool


class Money(NamedTuple):
    amount: Decimal
    currency: str


class Glance(NamedTuple):
    row: Any
    mail: Mail | None
    task: Task | None
    worth: Sequence[Money]


def glances(rows: Sequence[Any], user: User) -> list[Glance]:
    """Five queries for a page of contacts, companies or deals."""
    if not rows:
        return []
    model, pks = type(rows[0]), [row.pk for row in rows]
    mails, tasks = _newest_mail(model, pks, user), _next_tasks(model, pks, user)
    worth = {} if model is Deal else _worth(model, pks, user)
    return [
        Glance(row, mails.get(row.pk), tasks.get(row.pk), worth.get(row.pk, [])) for row in rows
    ]


def _newest_mail(model: Any, pks: Sequence[int], user: User) -> dict[int, Mail]:
    places = Association.objects.filter(
        **{model._meta.model_name: OuterRef("pk")},
        thread__isnull=False,
        activity__deleted_at=None,
    ).order_by("-at", "-activity_id")
    newest = Subquery(_seen(places, model, user).values("activity_id")[:1])
    rows = model.objects.filter(pk__in=pks).annotate(mail=newest).exclude(mail=None)
    of = dict(rows.order_by().values_list("pk", "mail"))
    columns = "direction", "auto_reply", "activity__at"
    emails = Email.objects.filter(pk__in=set(of.values())).values_list("pk", *columns)
    found = {
        pk: Mail(at, direction == Email.Direction.INCOMING, auto_reply)
        for pk, direction, auto_reply, at in emails
    }
    return {pk: found[mail] for pk, mail in of.items() if mail in found}


def _next_tasks(model: Any, pks: Sequence[int], user: User) -> dict[int, Task]:
    """The open task of each that is due first; one without a date comes last."""
    name = model._meta.model_name
    places = Association.objects.filter(
        **{f"{name}__in": pks},
        activity__deleted_at=None,
        activity__task__isnull=False,
        activity__task__done_at=None,
    )
    places = _seen(places, model, user).select_related("activity__task")
    places = places.order_by(F("activity__task__due_at").desc(nulls_first=True), "-activity_id")
    return {getattr(place, f"{name}_id"): place.activity.task for place in places}


def _seen(places: QuerySet[Association], model: Any, user: User) -> QuerySet[Association]:
    """As on a timeline: on a contact all that stands there, elsewhere what `user` may see."""
    if user.is_admin or model is Contact:
        return places
    seen = Activity.objects.visible_to(user).filter(pk=OuterRef("activity"))
    return places.filter(Exists(seen))


def _worth(model: Any, pks: Sequence[int], user: User) -> dict[int, list[Money]]:
    """The sum of its open deals that `user` sees, in each currency."""
    by = "contacts" if model._meta.model_name == "contact" else "company"
    deals = Deal.objects.visible_to(user).open().filter(**{f"{by}__in": pks}, amount__isnull=False)
    sums = deals.order_by("currency").values_list(by, "currency").annotate(sum=Sum("amount"))
    found: dict[int, list[Money]] = {}
    for pk, currency, amount in sums:
        found.setdefault(pk, []).append(Money(amount, currency))
    return found
