"""What is kept of how an e-mail travelled: ciphertext at rest (M28, M39)."""

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Contact
from inbox.models import TransportRecord
from inbox.models.transport import Envelope
from tests.factories import make_email

pytestmark = pytest.mark.django_db
SAID = Envelope("hana@musubi.test", ["yuki@aoki.example"], {"": "250 taken"})


@pytest.mark.rule("M28")
def test_an_envelope_is_not_to_be_read_in_the_database(aoki: Contact) -> None:
    row = TransportRecord(email=make_email(aoki), at=timezone.now(), size=1, sealed=SAID.sealed())
    row.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM inbox_transportrecord")
        stored = b" ".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for value in cursor.fetchone()
        )
    assert not any(word in stored for word in (b"musubi.test", b"aoki.example", b"taken"))
    assert TransportRecord.objects.get().envelope == SAID


def test_one_from_before_it_was_sealed_is_still_read(aoki: Contact) -> None:
    TransportRecord.objects.create(
        email=make_email(aoki), at=timezone.now(), size=1, **SAID._asdict()
    )
    assert TransportRecord.objects.get().envelope == SAID
