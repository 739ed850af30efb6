"""The way out that each e-mail of a sequence names: List-Unsubscribe (RFC 2369, RFC 8058; M25).

Its address holds the enrolment and the keyed hash of the reader's address, signed: no address, and
nothing that tells whether the mail was opened. It works when the enrolment is long erased.
"""

from urllib.parse import urljoin

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from crm.lib.keyset import LARGEST
from crm.models import Contact, EmailAddress, User
from inbox.mime.tombstones import PREFIX
from inbox.models import Enrolment, OptOut
from inbox.models.opt_outs import mark_of
from inbox.outreach import steering

_signer = Signer(salt="unsubscribe", sep=".")


def url(enrolment: Enrolment, address: str) -> str:
    """Where the reader of a mail to `address` ends it, on the site that the operator has named."""
    said = f"{enrolment.pk}-{mark_of(address).removeprefix(PREFIX)}"
    path = reverse("inbox:unsubscribe", args=[_signer.sign(said)])
    return urljoin(settings.SITE_URL, path)


def read(signed: str) -> tuple[int, str]:
    """The enrolment and the mark of an opt-out. Raises BadSignature for what is not ours."""
    number, dash, mark = _signer.unsign(signed).partition("-")
    if not dash or not number.isdecimal() or int(number) > LARGEST:
        raise BadSignature("not one of ours")
    return int(number), PREFIX + mark


@transaction.atomic
def unsubscribe(enrolment_id: int, mark: str) -> None:
    """No more mail of any sequence to them; whatever runs for that contact stops now."""
    contacts = Enrolment.objects.filter(pk=enrolment_id).values("contact")
    theirs = EmailAddress.objects.filter(contact__in=contacts).values_list("address", flat=True)
    OptOut.note(mark, OptOut.Why.LINK, addresses=theirs)
    for enrolment in Enrolment.objects.running().filter(contact__in=contacts):
        steering.end(enrolment, Enrolment.Why.UNSUBSCRIBED, timezone.now())


@transaction.atomic
def opt_out(contact: Contact, *, by: User) -> None:
    """They have told a colleague: none of their addresses gets mail of a sequence any more."""
    for row in contact.addresses.all():
        mark = mark_of(row.address)
        OptOut.note(mark, OptOut.Why.PERSON, by, addresses=[row.address])
    for enrolment in Enrolment.objects.running().filter(contact=contact):
        steering.end(enrolment, Enrolment.Why.UNSUBSCRIBED, timezone.now())


def allow(contact: Contact) -> None:
    """They want mail again, as they have told a colleague."""
    for row in contact.addresses.all():
        OptOut.forget(row.address)
