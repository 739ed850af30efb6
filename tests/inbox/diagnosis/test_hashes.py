"""What hangs on which key is known, though nobody knows of what it is a hash (M36, M48)."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from crm.models import Contact, User
from inbox.diagnosis import doctor, hashes
from inbox.models import ErasedAddress, MessageId, OptOut
from inbox.models.opt_outs import mark_of
from inbox.outreach import unsubscribing
from tests.factories import make_email

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M48")]


def said() -> doctor.Finding:
    found = doctor.findings(timezone.now(), ask_servers=False)
    return next(each for each in found if each.about == "keyed hashes")


def rotated() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def test_what_an_older_key_made_is_counted_and_what_none_made_is_wrong(
    aoki: Contact, hana: User, settings: Settings
) -> None:
    settings.MESSAGE_ID_KEYS = ["old"]
    unsubscribing.opt_out(aoki, by=hana)
    ErasedAddress.objects.note(["a@b.test", "c@d.test"])
    make_email(aoki)
    assert (said().state, said().said) == ("ok", "Keyed hashes are read with the keys given.")
    assert "hang on" not in rotated()
    settings.MESSAGE_ID_KEYS = ["new", "old"]
    ErasedAddress.objects.note(["e@f.test"])
    many = "1 opt-outs, 2 erased addresses, 1 ids of mail"
    assert said().state == "ok" and many in said().said
    assert f"{many} hang on the older MESSAGE_ID_KEYS: keep those keys." in rotated()
    settings.MESSAGE_ID_KEYS = ["new"]
    assert not OptOut.objects.among([aoki.email])  # what the doctor warns of
    assert said().state == "wrong" and many in said().said
    assert f"{many} hang on a key that MESSAGE_ID_KEYS does not have: put it back." in rotated()


def test_of_what_came_before_keys_had_names_it_is_said_that_nobody_knows(
    aoki: Contact, settings: Settings
) -> None:
    make_email(aoki)
    MessageId.objects.update(key="")
    settings.MESSAGE_ID_KEYS = ["new", *settings.MESSAGE_ID_KEYS]
    assert hashes.hanging().unknown == {"ids of mail": 1}
    assert "not known which: keep all of them" in rotated()
    assert "1 ids of mail may hang on older" in said().said


def test_an_old_link_is_written_down_by_the_newest_key(aoki: Contact, settings: Settings) -> None:
    settings.MESSAGE_ID_KEYS = ["old"]
    link = mark_of(aoki.email)
    settings.MESSAGE_ID_KEYS = ["new", "old"]
    OptOut.note(link, OptOut.Why.LINK, addresses=[aoki.email])
    settings.MESSAGE_ID_KEYS = ["new"]
    assert OptOut.objects.among([aoki.email])
    assert not hashes.hanging().on_none
