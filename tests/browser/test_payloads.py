"""What attackers write, taken in as mail and judged by a browser (M14): docs/attacks.md, 1 to 6.

script/sanitize FILE runs this over a file of payloads instead of ours, and prints what was seen.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from crm.lib.html import Sanitised
from crm.models import Contact, Email, Thread, User
from inbox.models import Mailbox
from inbox.sync import engine
from inbox.views import emails
from tests.browser import hostile
from tests.browser.conftest import SignIn
from tests.browser.hostile import Payload
from tests.browser.judge import Judge, Verdict
from tests.factories import make_email
from tests.servers.dovecot import Dovecot
from tests.servers.pictures import Pictures, showing

pytestmark = pytest.mark.live
FILE = os.environ.get("PAYLOADS", "")
FORMS = hostile.FORMS if FILE else [hostile.BESIDE_BOLD]
BATCH = 45 // len(FORMS)  # payloads of one conversation
A_PAGE = 40  # conversations of a page of the inbox
Deliver = Callable[[Iterator[bytes]], None]


@pytest.fixture
def attacker() -> Iterator[Pictures]:
    with showing() as server:
        yield server


@pytest.fixture
def payloads(attacker: Pictures) -> list[Payload]:
    return hostile.of_file(Path(FILE)) if FILE else hostile.own(attacker.url)


@pytest.fixture
def judge(sign_in: SignIn, hana: User, live_server: Any) -> Judge:
    page = sign_in(hana).context.new_page()  # one whose console may say what it likes
    return Judge(page, live_server.url)


@pytest.fixture
def deliver(mailbox: Mailbox, dovecot: Dovecot) -> Deliver:
    """From outside into the mailbox, and from there by a real look."""

    def delivered(letters: Iterator[bytes]) -> None:
        for raw in letters:
            dovecot.deliver(mailbox.email, raw)
        engine.look(Mailbox.objects.get(pk=mailbox.pk))

    return delivered


@pytest.fixture
def threads(
    payloads: list[Payload], mailbox: Mailbox, aoki: Contact, deliver: Deliver
) -> list[Thread]:
    """The payloads as conversations: answers to e-mails of ours."""
    threads = []
    for number, batch in enumerate(batches(payloads, BATCH)):
        message_id = f"{number}@musubi.test"
        asked = make_email(aoki, by=mailbox.owner, direction="outgoing", message_id=message_id)
        deliver(hostile.answers(batch, asked, FORMS, sender=aoki.email, mailbox=mailbox.email))
        assert len(letters_of(asked.thread)) == len(batch) * len(FORMS)
        threads.append(asked.thread)
    return threads


def batches(payloads: Sequence[Payload], size: int) -> list[Sequence[Payload]]:
    return [payloads[at : at + size] for at in range(0, len(payloads), size)]


def letters_of(thread: Thread) -> list[int]:
    return list(Email.objects.filter(thread=thread).exclude(html="").values_list("pk", flat=True))


def test_nothing_acts(
    judge: Judge, threads: list[Thread], attacker: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the pages as they are; and not where the sanitiser alone stands in the way either."""
    whole = [judge.look(f"/inbox/{thread.pk}/") for thread in threads]
    tell("on our pages", whole)
    monkeypatch.setattr(emails, "LETTER", "")
    open_ = [judge.look_in_the_open(letters_of(thread)) for thread in threads]
    tell("without frame and policy", open_)
    assert [fault for seen in (*whole, *open_) for fault in seen.faults()] == []
    for seen, thread in zip(whole, threads, strict=True):
        assert seen.letters >= len(letters_of(thread))
    assert attacker.asked == []


def test_without_the_sanitiser_they_act(
    judge: Judge,
    threads: list[Thread],
    payloads: list[Payload],
    attacker: Pictures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: this judge is not blind. And the frame with its policy holds alone."""
    monkeypatch.setattr(emails, "sanitise_and_count", lambda html, through: Sanitised(html, 0))
    framed = [judge.look(f"/inbox/{thread.pk}/") for thread in threads]
    tell("without the sanitiser", framed)
    assert attacker.asked == []
    monkeypatch.setattr(emails, "LETTER", "")
    free = [judge.look_in_the_open(letters_of(thread)) for thread in threads]
    tell("without anything", free)
    asked = {int(number) for seen in free for number in numbers_in(seen.asked, attacker.url)}
    own = [each for each in enumerate(payloads) if each[1].effect == "asks"]
    silent = [payload.name for number, payload in own if number not in asked]
    assert not silent, "\n".join(silent)
    covering = [payload for payload in payloads if payload.effect == "covers"]
    assert sum(len(seen.over) for seen in free) >= len(covering)
    assert any(seen.ran for seen in free) and any(seen.active for seen in free)


def test_nothing_acts_in_lists(
    judge: Judge, payloads: list[Payload], mailbox: Mailbox, aoki: Contact, deliver: Deliver
) -> None:
    """As a subject, and as text that is no HTML."""
    mailbox.change(scope=Mailbox.Scope.CONTACTS)
    found = []
    for batch in batches(payloads, A_PAGE):
        deliver(hostile.subjects(batch, sender=aoki.email, to=mailbox.email))
        found.append(judge.look("/inbox/"))
        shown = letters_only(judge.page.inner_text("#main"))
        assert not [each.name for each in batch if letters_only(each.html)[:30] not in shown]
    tell("as subjects", found)
    assert [fault for seen in found for fault in seen.faults()] == []


def numbers_in(urls: Sequence[str], attacker: str) -> list[str]:
    found = (re.match(rf"{attacker}/(\d+)", url) for url in urls)
    return [match[1] for match in found if match]


def letters_only(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def tell(where: str, found: Sequence[Verdict]) -> None:
    """For script/sanitize: the counts of it."""
    named = [each.name for each in fields(Verdict)]
    counts = {name: [getattr(seen, name) for seen in found] for name in named}
    print(f"\n{where}: {sum(counts.pop('letters'))} letters", end="")
    for name, lists in counts.items():
        print(f", {name} {sum(map(len, lists))}", end="")
    print()
