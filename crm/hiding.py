"""What stays of a contact who was hidden: as hidden as it was with them (M41)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from crm.models import Activity, Association, Audience, Contact, Email


def keep_hidden(ids: Sequence[int]) -> None:
    """Before these contacts are erased: what stands on none but them is not shown by a company or
    a deal to people who did not see it. Its e-mails become private; the rest leaves those records,
    and stays with who wrote it."""
    hidden = Contact.objects.filter(pk__in=ids).exclude(audience=Audience.EVERYONE)
    for contact in hidden.select_related("owner"):
        _keep(contact, ids)


def _keep(contact: Contact, gone: Sequence[int]) -> None:
    on_contacts = Association.objects.exclude(contact=None)
    here = on_contacts.filter(contact=contact).values("activity")
    elsewhere = on_contacts.exclude(contact__in=gone).values("activity")
    alone = Activity.objects.filter(pk__in=here).exclude(pk__in=elsewhere)
    laxer = Association.objects.filter(activity__in=alone, contact=None)
    laxer = laxer.exclude(_as_narrow(contact, "company__") | _as_narrow(contact, "deal__"))
    pks = list(laxer.values_list("activity", flat=True))
    Email.objects.filter(activity__in=pks).update(private=True)
    laxer.exclude(activity__kind=Activity.Kind.EMAIL).delete()


def _as_narrow(contact: Contact, place: str) -> Q:
    """Records that nobody sees who does not see the contact."""
    if contact.owner is None:
        return Q(pk__in=[])
    own: Any = {f"{place}audience": Audience.OWNER, f"{place}owner": contact.owner}
    if contact.audience == Audience.OWNER or contact.owner.team_id is None:
        return Q(**own)
    narrow = {f"{place}audience__in": [Audience.OWNER, Audience.TEAM]}
    return Q(**narrow, **{f"{place}owner__team": contact.owner.team_id})
