"""Which folders are looked at: chosen and made on a real Dovecot (M17)."""

from collections.abc import Callable

import pytest

from crm import timeline
from crm.models import Contact, Email, User
from inbox.connect.watching import Wanted, choices, in_style_of, watch
from inbox.models import Folder, Mailbox
from inbox.sync import engine
from inbox.wire.faults import FolderGone
from inbox.wire.folders import FolderInfo
from tests.factories import connect_mailbox
from tests.inbox.letters import letter
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M17")]


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: Callable[..., str]) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


def look(mailbox: Mailbox) -> int:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt.logged


def watched(mailbox: Mailbox) -> set[tuple[str, str]]:
    rows = mailbox.folders.filter(watched=True, role__in=("crm", "other"))
    return set(rows.values_list("name", "role"))


def test_inbox_sent_and_what_is_nobodys_mail_are_not_offered(
    mailbox: Mailbox, dovecot: Dovecot
) -> None:
    for name in ("Archive", "Kunden/Köln"):
        dovecot.create(mailbox.email, name)
    assert {f.name for f in choices(mailbox)} - {"Kunden"} == {"Archive", "Kunden/Köln"}


def test_a_folder_is_made_where_it_is_asked_for_and_what_is_put_there_is_logged(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    watch(mailbox, Wanted(crm="CRM", made=True))
    assert watched(mailbox) == {("CRM", "crm")}
    old = letter(sender=aoki.email, to=mailbox.email)
    dovecot.append(mailbox.email, "CRM", old.as_bytes())
    assert look(mailbox) == 1
    assert timeline.activities_of(aoki)[0][0].email.source == "folder"


def test_of_a_folder_that_is_chosen_everything_is_logged_once(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.create(mailbox.email, "Customers")
    for _number in range(2):
        own = letter(sender=aoki.email, to=mailbox.email)
        dovecot.append(mailbox.email, "Customers", own.as_bytes())
    assert look(mailbox) == 0
    watch(mailbox, Wanted(crm="Customers"))
    assert look(mailbox) == 2
    watch(mailbox, Wanted(crm="Customers"))
    assert look(mailbox) == 0


def test_another_folder_is_looked_at_from_now_on_by_the_rules_of_an_inbox(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    mailbox.change(scope=Mailbox.Scope.CONTACTS)
    dovecot.create(mailbox.email, "Archive")
    dovecot.append(mailbox.email, "Archive", letter(sender=aoki.email, to="x@y.test").as_bytes())
    watch(mailbox, Wanted(others=["Archive"]))
    assert watched(mailbox) == {("Archive", "other")}
    assert look(mailbox) == 0
    for sender in (aoki.email, "eve@x.test"):
        dovecot.append(mailbox.email, "Archive", letter(sender=sender, to="x@y.test").as_bytes())
    assert look(mailbox) == 1


def test_what_is_not_chosen_any_more_is_let_alone_and_its_emails_stay(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    watch(mailbox, Wanted(crm="CRM", made=True))
    dovecot.append(mailbox.email, "CRM", letter(sender=aoki.email, to="x@y.test").as_bytes())
    look(mailbox)
    watch(mailbox, Wanted())
    assert watched(mailbox) == set()
    dovecot.append(mailbox.email, "CRM", letter(sender=aoki.email, to="x@y.test").as_bytes())
    assert look(mailbox) == 0
    assert Email.objects.get().copies.count() == 1
    watch(mailbox, Wanted(crm="CRM"))
    assert look(mailbox) == 1


def test_a_folder_that_is_not_there_changes_nothing(mailbox: Mailbox) -> None:
    with pytest.raises(FolderGone):
        watch(mailbox, Wanted(crm="Nowhere"))
    assert watched(mailbox) == set()


def test_inbox_and_sent_stay_what_they_are(mailbox: Mailbox) -> None:
    watch(mailbox, Wanted(crm="Sent", others=["INBOX"]))
    roles = dict(mailbox.folders.values_list("name", "role"))
    assert roles == {"INBOX": Folder.Role.INBOX, "Sent": Folder.Role.SENT}


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["INBOX", "INBOX.Sent", "INBOX.Trash"], "INBOX.CRM"),
        (["INBOX", "INBOX/Sent"], "INBOX/CRM"),
        (["INBOX", "Sent", "INBOX.Filed"], "CRM"),
        (["INBOX"], "CRM"),
        (["INBOX", "Sent"], "CRM"),
    ],
)
def test_a_new_folder_goes_where_the_others_are(names: list[str], made: str) -> None:
    listed = [FolderInfo(name, frozenset(), selectable=True) for name in names]
    assert in_style_of("CRM", listed) == made
