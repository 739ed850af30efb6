"""The Trash as pages (M32)."""

import pytest
from django.utils import timezone

from crm import trash
from crm.models import Activity, Company, Contact, User
from tests.factories import make_company, make_contact, make_email, make_note

pytestmark = pytest.mark.django_db


def test_its_pages_follow_without_gap_or_double(hana: User, aoki: Contact) -> None:
    for _ in range(3):
        make_email(aoki)
        make_note(aoki)
        make_company()
        make_contact()
    at = timezone.now()  # a bulk deletion: all of one moment
    for model in (Activity, Contact, Company):
        model.objects.update(deleted_at=at)
    seen = []
    cursor = ""
    while True:
        page, cursor = trash.trash_of(hana, cursor=cursor, limit=4)
        seen += [(row.kind, row.row.pk) for row in page]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 14
    assert {kind for kind, _pk in seen} == {"email", "note", "contact", "company"}
