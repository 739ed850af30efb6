"""seed_demo: believable, the same for the same seed, in two languages, and never twice."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Max
from django.utils import timezone, translation

from crm.lib.html import sanitise
from crm.models import (
    Activity,
    Association,
    Attachment,
    Company,
    Contact,
    Deal,
    Email,
    Note,
    Notice,
    Participant,
    Stage,
    Task,
    Thread,
    User,
)
from inbox.mime.ids import normal
from inbox.models import Enrolment, Mailbox, MessageId, Sequence, Snippet, Template

pytestmark = pytest.mark.django_db


def seed(**values: int) -> None:
    call_command("seed_demo", **{"contacts": 40, "emails": 120, "seed": 1, **values})


def told() -> dict[str, list[Any]]:
    """What a person reads of it; not when, which is counted from today."""
    return {
        "contacts": list(Contact.objects.order_by("pk").values_list("last_name", "reading")),
        "deals": list(Deal.objects.order_by("pk").values_list("name", "amount", "stage__name")),
        "emails": list(Email.objects.order_by("pk").values_list("message_id", "subject", "text")),
        "tasks": list(Task.objects.order_by("pk").values_list("title", flat=True)),
    }


def undone(make: Callable[[], None]) -> dict[str, list[Any]]:
    """What it told, and nothing of it stays."""
    with transaction.atomic():
        make()
        found = told()
        transaction.set_rollback(True)
    return found


def test_the_same_seed_tells_the_same_and_another_one_something_else() -> None:
    first = undone(lambda: seed(seed=7))
    assert len(first["contacts"]) == 40
    assert len(first["emails"]) == 120
    assert undone(lambda: seed(seed=7)) == first
    assert undone(lambda: seed(seed=8))["emails"] != first["emails"]


def test_it_adds_nothing_to_what_is_there() -> None:
    seed()
    before = told()
    with pytest.raises(CommandError, match="records in this database already") as refusal:
        seed()
    assert refusal.value.returncode == 2
    assert told() == before
    assert User.objects.count() == 2


def test_it_says_whom_to_sign_in_as(capsys: pytest.CaptureFixture[str]) -> None:
    seed()
    line = capsys.readouterr().out.split()
    hana = User.objects.get(email="hana@kumo.example")
    assert line[3] == hana.email
    assert hana.check_password(line[-1])
    assert hana.is_admin


def test_it_has_people_of_both_languages() -> None:
    seed()
    japanese = Contact.objects.exclude(reading="")
    assert 10 < japanese.count() < 30
    aoki = Contact.objects.get(last_name="青木", first_name="由紀")
    assert aoki.reading == "あおき ゆき"
    assert aoki.email == "yuki.aoki@aoki-shoten.example.jp"
    assert Email.objects.filter(text__contains="お世話になっております").exists()
    assert Email.objects.filter(text__contains="Best regards").exists()
    assert Company.objects.filter(name="Weber & Söhne").exists()


def test_deals_stand_in_every_stage_some_late_some_quiet() -> None:
    seed()
    now = timezone.now()
    stages = Stage.objects.annotate(size=Count("deals"))
    assert all(stage.size for stage in stages)
    openly = Deal.objects.filter(stage__outcome=Stage.Outcome.OPEN)
    assert openly.filter(close_date__lt=now.date()).exists()
    assert openly.filter(close_date__gt=now.date()).exists()
    assert openly.filter(stage_since__lt=now - timedelta(days=20)).exists()
    assert set(Deal.objects.values_list("currency", flat=True)) >= {"EUR", "JPY"}
    assert not Deal.objects.filter(contacts=None).exists()
    assert Deal.objects.exclude(lost_reason="").exists()


def test_tasks_are_late_due_today_later_and_done() -> None:
    seed()
    now = timezone.now()
    open_tasks = Task.objects.open()
    assert open_tasks.filter(due_at__lt=now).exists()
    assert open_tasks.filter(due_at__gte=now, due_at__lt=now + timedelta(hours=3)).exists()
    assert open_tasks.filter(due_at__gt=now + timedelta(days=1)).exists()
    assert Task.objects.exclude(done_at=None).exists()
    assert Note.objects.exists()


def test_every_mail_is_known_by_its_id_and_answers_one_that_is() -> None:
    seed()
    emails = Email.objects.all()
    known = {row.value: row.email_id for row in MessageId.objects.all()}
    assert {known[normal(email.message_id)] for email in emails} == {row.pk for row in emails}
    incoming = Email.objects.filter(direction="incoming")
    assert incoming.exists()
    assert all(email.reason_message_id in known for email in incoming)
    assert all(email.quoted_text for email in incoming)
    assert Thread.objects.annotate(size=Count("emails")).filter(size__gte=4).exists()
    assert not Activity.objects.filter(at__gt=timezone.now()).exists()
    assert not Association.objects.exclude(at=F("activity__at")).exists()
    newest = Contact.objects.annotate(newest=Max("associations__at")).exclude(newest=None)
    assert newest.exists()
    assert not newest.exclude(news_at=F("newest")).exists()


def test_each_case_of_note_is_there(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    seed()
    bounced = Email.objects.get(status=Email.Status.BOUNCED)
    assert "550 5.1.1" in bounced.error
    refused = Participant.objects.get(email=bounced, status="bounced")
    assert "User unknown" in refused.server_said
    assert Email.objects.filter(auto_reply=True).count() == 2
    assert Email.objects.get(new_participant=True).participants.filter(contact=None).exists()
    pictures = Email.objects.get(html__contains="<img")
    assert "https://images.example" not in sanitise(pictures.html)
    mailbox = Mailbox.objects.get()
    assert mailbox.state == Mailbox.State.DISCONNECTED
    assert "AUTHENTICATIONFAILED" in mailbox.state_reason
    assert Notice.objects.get().values["address"] == mailbox.email
    assert not Mailbox.objects.due_a_look(timezone.now()).exists()
    assert not Mailbox.objects.free_to_watch(timezone.now()).exists()
    kinds = {
        file.content_type: file.content() for file in Attachment.objects.select_related("activity")
    }
    assert kinds["application/pdf"].startswith(b"%PDF-1.4")
    assert kinds["image/png"].startswith(b"\x89PNG")


def test_nobody_is_sent_a_file_twice_and_a_company_pays_in_one_currency() -> None:
    seed(contacts=60, emails=240)
    sent = Association.objects.filter(contact__isnull=False, activity__files__isnull=False)
    of_each = sent.order_by().values("contact", "activity__files__name").annotate(times=Count("pk"))
    assert of_each.filter(times=1).exists() and not of_each.filter(times__gt=1).exists()
    of_each = Deal.objects.values("company").annotate(n=Count("currency", distinct=True))
    assert of_each.exists() and not of_each.filter(n__gt=1).exists()


def test_the_stages_are_named_in_the_language_of_the_house() -> None:
    with translation.override("ja"):
        seed()
    assert Stage.objects.get(outcome=Stage.Outcome.WON).name == "受注"


def test_it_has_templates_that_were_used_in_both_languages() -> None:
    seed()
    made = Template.objects.annotate(used=Count("uses")).values_list("language", "used")
    assert sorted({language for language, _used in made}) == ["en", "ja"]
    assert len(made) == 6 and max(used for _language, used in made) == 12
    assert Snippet.objects.count() == 4


def test_it_has_a_sequence_in_which_nobody_waits_for_mail() -> None:
    seed()
    assert Sequence.objects.get().steps.count() == 3
    states = set(Enrolment.objects.values_list("state", flat=True))
    assert states == {"finished", "stopped"}


def test_a_large_one_takes_few_statements(django_assert_max_num_queries: Any) -> None:
    """Many rows in an INSERT: what takes more than a minute at 50,000 would show here."""
    with django_assert_max_num_queries(530):
        seed(contacts=800, emails=3000)
    assert Email.objects.count() == 3000
    assert Contact.objects.count() == 800
