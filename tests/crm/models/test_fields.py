"""The encrypted field (M39): ciphertext at rest and in dumps, keys that rotate, clear errors."""

import json

import pytest
from cryptography.fernet import InvalidToken
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, transaction

from crm.models import User
from crm.models.fields import EncryptedTextField
from inbox.models import Credential
from tests.factories import make_mailbox

pytestmark = pytest.mark.django_db
FIELD: EncryptedTextField = Credential._meta.get_field("password")  # type: ignore[assignment]


@pytest.fixture
def credential(hana: User) -> Credential:
    credential = make_mailbox(hana).credential
    credential.password = "pässword"
    credential.save()
    return Credential.objects.get()


@pytest.fixture(autouse=True)
def _fresh_keys():  # type: ignore[no-untyped-def]
    """The package keeps the keys of the first use; a process that is started anew does not."""
    yield from _forget_keys()


def _forget_keys():  # type: ignore[no-untyped-def]
    forget()
    yield
    forget()


def forget() -> None:
    for name in ("keys", "fernet_keys", "fernet"):
        FIELD.__dict__.pop(name, None)


def stored() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM inbox_credential")
        return bytes(cursor.fetchone()[0])


@pytest.mark.rule("M39")
def test_the_database_holds_ciphertext(credential: Credential) -> None:
    assert credential.password == "pässword"
    assert b"ssword" not in stored()


@pytest.mark.rule("M39")
def test_keys_rotate(credential: Credential, settings, capsys) -> None:  # type: ignore[no-untyped-def]
    old = list(settings.FERNET_KEYS)
    settings.FERNET_KEYS = ["a new key", *old]
    forget()
    call_command("rotate_keys")
    settings.FERNET_KEYS = ["a new key"]
    forget()
    assert Credential.objects.get().password == "pässword"
    settings.FERNET_KEYS = old
    forget()
    with pytest.raises(ImproperlyConfigured, match=r"Credential\.password.*FERNET_KEYS"):
        Credential.objects.get()


def test_a_dump_holds_ciphertext_and_loads_back(credential: Credential, tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    call_command("dumpdata", "inbox.credential")
    dump = capsys.readouterr().out
    assert "pässword" not in json.dumps(json.loads(dump), ensure_ascii=False)
    file = tmp_path / "dump.json"
    file.write_text(dump)
    Credential.objects.all().delete()
    call_command("loaddata", str(file), verbosity=0)
    assert Credential.objects.get().password == "pässword"


def test_bulk_update_is_refused_before_it_destroys(credential: Credential) -> None:
    with pytest.raises(FieldError, match="save"), transaction.atomic():
        Credential.objects.bulk_update([credential], ["password"])
    assert Credential.objects.get().password == "pässword"


def test_it_cannot_be_searched(credential: Credential) -> None:
    with pytest.raises(FieldError):
        Credential.objects.filter(password="pässword").exists()


def test_a_text_that_looks_like_ciphertext_is_a_text(credential: Credential) -> None:
    credential.password = "gAAAAnot-ours"
    credential.save()
    assert Credential.objects.get().password == "gAAAAnot-ours"
    with pytest.raises(InvalidToken):
        FIELD.fernet.decrypt(b"gAAAAnot-ours")
