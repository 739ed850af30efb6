"""Which folder is which, by flag and by name."""

import pytest

from inbox.wire.folders import FolderInfo, inbox_folder, role_of, sent_folder


def folder(name, *flags, selectable=True):
    return FolderInfo(name, frozenset(flags), selectable)


@pytest.mark.rule("M22")
@pytest.mark.parametrize(
    ("folders", "sent"),
    [
        ([folder("INBOX"), folder("Sent Items"), folder("Gesendet", "sent")], "Gesendet"),
        ([folder("INBOX"), folder("INBOX.SENT Mail"), folder("Sent")], "INBOX.SENT Mail"),
        ([folder("sent", selectable=False), folder("Unsent drafts")], "Unsent drafts"),
        ([folder("Sent", "sent", selectable=False), folder("Sent Mail")], "Sent Mail"),
        ([folder("送信済み", "sent", "hasnochildren")], "送信済み"),
        ([folder("INBOX"), folder("Drafts", "drafts")], None),
        ([], None),
    ],
)
def test_the_sent_folder_by_flag_else_the_first_by_name(folders, sent):
    assert sent_folder(folders) == sent


@pytest.mark.parametrize(
    ("info", "role"),
    [
        (folder("INBOX"), "inbox"),
        (folder("Inbox", "hasnochildren"), "inbox"),
        (folder("Gesendet", "sent"), "sent"),
        (folder("[Gmail]/All Mail", "all"), "all"),
        (folder("Spam", "junk"), "junk"),
        (folder("Bin", "trash"), "trash"),
        (folder("Entwürfe", "drafts"), "drafts"),
        (folder("Old", "archive"), "archive"),
        (folder("Sent"), "other"),
    ],
)
def test_the_role_of_a_folder(info, role):
    assert role_of(info) == role


def test_inbox_is_there_whatever_the_list_says():
    assert inbox_folder([folder("Drafts"), folder("Inbox")]) == "Inbox"
    assert inbox_folder([]) == "INBOX"
