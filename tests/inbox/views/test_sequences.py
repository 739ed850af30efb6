"""The pages of sequences: built, shown, steered; for strangers they are not there (M25)."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from crm.models import Contact, User
from inbox.models import Enrolment, Mailbox, OptOut, SendingHours, Sequence, Template
from inbox.outreach import building, unsubscribing
from tests.factories import make_contact, make_mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanas(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def sequence(hana: User) -> Sequence:
    steps = [
        {"subject": "Our offer", "html": "<p>Dear {{ contact.first_name }},</p>"},
        {"wait_days": 2, "html": "<p>Did you see it?</p>"},
    ]
    return building.make(Sequence(name="Follow-up", owner=hana), steps)


@pytest.fixture
def box(hana: User) -> Mailbox:
    return make_mailbox(hana)


def put_in(sequence: Sequence, contact: Contact, box: Mailbox) -> Enrolment:
    now = timezone.now()
    row: Enrolment = Enrolment.objects.create(
        sequence=sequence,
        contact=contact,
        mailbox=box,
        by=box.owner,
        next_step_at=now,
        claimed_until=now,
    )
    return row


def test_a_new_one_begins_with_three_steps(hanas: Client, hana: User) -> None:
    url = reverse("inbox:sequence-new")
    assert hanas.post(url, {"name": ""}).status_code == 422
    answer = hanas.post(url, {"name": "Spring", "shared": "on", "start": "follow-up"}, follow=True)
    made = Sequence.objects.get()
    assert (made.owner, made.steps.count()) == (hana, 3)
    assert "wait 3 working days" in answer.content.decode()


def test_steps_are_added_between_changed_moved_removed_and_put_back(
    hanas: Client, sequence: Sequence
) -> None:
    new = reverse("inbox:step-new", args=[sequence.pk]) + "?after=1"
    values = {"wait_days": 1, "same_thread": "on", "subject": "", "text": "One more thing."}
    assert hanas.post(new, values).status_code == 303
    names = [step.html for step in sequence.steps.kept()]
    assert names[1] == "<p>One more thing.</p>"
    second = sequence.steps.kept()[1]
    hanas.post(reverse("inbox:step", args=[second.pk]), {**values, "text": "Another."})
    second.refresh_from_db()
    assert second.html == "<p>Another.</p>"
    hanas.post(reverse("inbox:step-move", args=[second.pk]), {"down": "yes"})
    assert [step.pk for step in sequence.steps.kept()][2] == second.pk
    answer = hanas.post(reverse("inbox:step-removal", args=[second.pk]), follow=True)
    assert reverse("inbox:step-return", args=[second.pk]) in answer.content.decode()
    assert sequence.steps.kept().count() == 2
    hanas.post(reverse("inbox:step-return", args=[second.pk]))
    assert sequence.steps.kept().count() == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"wait_days": 91, "text": "x", "same_thread": "on"}, "Wait 90 working days at most."),
        ({"wait_days": 0, "text": "x"}, "Give the e-mail a subject"),
        ({"wait_days": 0, "text": " ", "same_thread": "on"}, "Write what the e-mail says."),
        (
            {"wait_days": 0, "text": "{{ contact.firstname }}", "same_thread": "on"},
            "Did you mean “contact.first_name”?",
        ),
    ],
)
def test_a_wrong_step_is_refused_and_nothing_typed_is_lost(
    hanas: Client, sequence: Sequence, values: dict[str, object], said: str
) -> None:
    answer = hanas.post(reverse("inbox:step-new", args=[sequence.pk]) + "?after=1", values)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert sequence.steps.count() == 2


def test_who_is_added_is_shown_with_the_first_e_mail_and_what_speaks_against_it(
    hanas: Client, sequence: Sequence, box: Mailbox, hana: User, aoki: Contact, weber: Contact
) -> None:
    nameless = make_contact("x@nameless.test", owner=hana, first_name="", last_name="X")
    unsubscribing.opt_out(weber, by=hana)
    ids = f"{aoki.pk},{weber.pk},{nameless.pk}"
    url = reverse("inbox:enrol")
    shown = hanas.get(url, {"ids": ids}).content.decode()
    assert "Dear Yuki," in shown
    assert "Does not want mail from sequences." in shown
    assert "There is nothing to fill in for: contact.first_name" in shown
    values = {"ids": ids, "sequence": sequence.pk, "mailbox": box.pk}
    assert hanas.post(url, values).status_code == 422
    hanas.post(url, {**values, "enrol": [aoki.pk, weber.pk, nameless.pk]})
    assert [row.contact for row in Enrolment.objects.all()] == [aoki]
    again = hanas.get(url, {"ids": aoki.pk}).content.decode()
    assert "Is in a sequence already" in again


def test_people_are_found_from_the_list_by_its_bar(
    hanas: Client, sequence: Sequence, box: Mailbox, aoki: Contact, weber: Contact
) -> None:
    carry = reverse("inbox:enrol")
    chosen = {"ids": [aoki.pk, weber.pk], "carry": carry}
    answer = hanas.post(reverse("crm:contacts-bulk"), chosen, follow=True)
    assert answer.request["PATH_INFO"] == carry
    assert answer.content.decode().count('name="enrol"') == 2
    elsewhere = hanas.post(reverse("crm:contacts-bulk"), {**chosen, "carry": "//evil.test/"})
    assert "evil" not in elsewhere["Location"]


def test_pause_resume_stop_and_the_way_back(
    hanas: Client, sequence: Sequence, box: Mailbox, aoki: Contact
) -> None:
    row = put_in(sequence, aoki, box)

    def press(what: str) -> str:
        hanas.post(reverse(f"inbox:enrolment-{what}", args=[row.pk]))
        row.refresh_from_db()
        return f"{row.state} {row.why}".strip()

    pressed = ["pause", "resume", "stop", "return", "stop"]
    assert [press(each) for each in pressed] == [
        "paused",
        "active",
        "stopped person",
        "active",
        "stopped person",
    ]
    shown = hanas.get(reverse("inbox:sequence-people", args=[sequence.pk])).content.decode()
    assert "Hana stopped it." in shown
    put_in(sequence, aoki, box)
    assert press("return") == "stopped person"  # in another one by now


def test_whose_mailbox_is_gone_is_shown_and_goes_on_from_another(
    hanas: Client, sequence: Sequence, box: Mailbox, aoki: Contact
) -> None:
    row = put_in(sequence, aoki, box)
    Enrolment.objects.update(mailbox=None, state="paused", delay="mailbox")
    shown = hanas.get(reverse("inbox:sequence", args=[sequence.pk])).content.decode()
    assert "1 person waits: the mailbox was disconnected." in shown
    hanas.post(reverse("inbox:enrolment-resume", args=[row.pk]))
    row.refresh_from_db()
    assert (row.state, row.mailbox) == ("active", box)


def test_the_funnel_counts_each_step(
    hanas: Client, sequence: Sequence, box: Mailbox, aoki: Contact, weber: Contact
) -> None:
    first = sequence.steps.first()
    for contact, why in ((aoki, "reply"), (weber, "bounce")):
        row = put_in(sequence, contact, box)
        row.runs.create(step=first, mailbox=box, at=timezone.now())
        Enrolment.objects.filter(pk=row.pk).update(state="stopped", why=why, ended_after=first)
    shown = hanas.get(reverse("inbox:sequence-results", args=[sequence.pk])).content.decode()
    row_of = re.sub(r"<[^>]+>|\s+", " ", shown[shown.index("<tbody>") :])
    assert "1. Our offer 2 2 1 (50 %) 1 0 0" in " ".join(row_of.split())


def test_lists_cost_the_same_whatever_their_length(
    hanas: Client,
    sequence: Sequence,
    box: Mailbox,
    hana: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(12):
        row = put_in(sequence, make_contact(f"c{n}@many.test", owner=hana), box)
        row.runs.create(step=sequence.steps.first(), mailbox=box, at=timezone.now())
        building.make(Sequence(name=f"Another {n}", owner=hana))
    for name, args in (
        ("inbox:sequences", []),
        ("inbox:sequence-people", [sequence.pk]),
        ("inbox:sequence-results", [sequence.pk]),
    ):
        with django_assert_max_num_queries(22):
            hanas.get(reverse(name, args=args))


def test_the_contacts_page_says_why_it_stopped(
    hanas: Client, sequence: Sequence, box: Mailbox, aoki: Contact
) -> None:
    put_in(sequence, aoki, box)
    Enrolment.objects.update(state="stopped", why="reply", values={"name": "Yuki Aoki"})
    shown = hanas.get(reverse("crm:contact", args=[aoki.pk])).content.decode()
    assert "Yuki Aoki replied." in shown
    hanas.post(reverse("inbox:opt-out", args=[aoki.pk]))
    assert OptOut.objects.among([aoki.email])
    hanas.post(reverse("inbox:opt-out", args=[aoki.pk]), {"again": "yes"})
    assert not OptOut.objects.among([aoki.email])


def test_hours_are_kept_and_nonsense_is_refused(hanas: Client, hana: User) -> None:
    url = reverse("inbox:sending-hours")
    values = {"from_0": "08:00", "until_0": "12:30", "country": "JP", "off": "2026-12-30"}
    values |= {"daily_limit": "40", "spacing": "90"}
    assert hanas.post(url, values).status_code == 303
    row = SendingHours.objects.get(user=hana)
    assert (row.windows, row.country, row.days_off) == (
        {"0": ["08:00", "12:30"]},
        "JP",
        ["2026-12-30"],
    )
    for wrong in (
        {"until_0": "07:00"},
        {"off": "tomorrow"},
        {"daily_limit": "0"},
        {"country": "X"},
    ):
        assert hanas.post(url, {**values, **wrong}).status_code == 422
    shown = hanas.get(url).content.decode()
    assert '<option value="JP" selected>Japan (JP)</option>' in shown
    for said in (
        "DR Congo (CD)",
        "Saint Helena, Ascension &amp; Tristan da Cunha (SH)",
        "Isle of Man (IM)",
        "Trinidad &amp; Tobago (TT)",
    ):
        assert f">{said}</option>" in shown
    nothing = {"daily_limit": "40", "spacing": "90"}
    assert "at least one day" in hanas.post(url, nothing).content.decode()


def test_a_sequence_is_archived_and_taken_back(
    hanas: Client, sequence: Sequence, box: Mailbox, aoki: Contact
) -> None:
    row = put_in(sequence, aoki, box)
    hanas.post(reverse("inbox:sequence-archive", args=[sequence.pk]))
    row.refresh_from_db()
    assert (row.state, row.why) == ("stopped", "archived")
    assert hanas.get(reverse("inbox:sequence", args=[sequence.pk])).status_code == 404
    archived = hanas.get(reverse("inbox:sequences") + "?view=archived").content.decode()
    assert reverse("inbox:sequence-return", args=[sequence.pk]) in archived
    hanas.post(reverse("inbox:sequence-return", args=[sequence.pk]))
    row.refresh_from_db()
    assert row.state == "active"


def test_strangers_find_nothing(
    client: Client, rin: User, sequence: Sequence, box: Mailbox
) -> None:
    client.force_login(rin)
    step = sequence.steps.first()
    assert step is not None
    assert client.get(reverse("inbox:sequence", args=[sequence.pk])).status_code == 200
    assert client.get(reverse("inbox:step", args=[step.pk])).status_code == 404
    assert client.post(reverse("inbox:step-removal", args=[step.pk])).status_code == 404
    assert client.post(reverse("inbox:sequence-archive", args=[sequence.pk])).status_code == 404
    sequence.change(shared=False)
    assert client.get(reverse("inbox:sequence", args=[sequence.pk])).status_code == 404


def test_who_has_no_account_unsubscribes_by_one_press(
    sequence: Sequence, box: Mailbox, aoki: Contact, settings: Settings
) -> None:
    settings.SITE_URL = "http://testserver"
    row = put_in(sequence, aoki, box)
    url = unsubscribing.url(row, aoki.email).removeprefix("http://testserver")
    assert aoki.email not in url
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(url).status_code == 200
    assert not OptOut.objects.exists()  # looking changes nothing
    assert strict.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert OptOut.objects.among([aoki.email])
    row.refresh_from_db()
    assert (row.state, row.why) == ("stopped", "unsubscribed")
    assert strict.post(url[:-2] + "x/").status_code == 404
    Enrolment.objects.all().delete()
    assert strict.post(url).status_code == 200  # long after


def test_a_template_is_copied_into_the_step(hanas: Client, sequence: Sequence, hana: User) -> None:
    template = Template.objects.create(name="Spring", owner=hana, subject="Sakura", text="Bloom.")
    url = reverse("inbox:step-new", args=[sequence.pk]) + f"?after=2&template={template.pk}"
    shown = hanas.get(url).content.decode()
    assert "Sakura" in shown and "Bloom." in shown
    assert hanas.get(url.replace(f"={template.pk}", "=99999")).status_code == 200


@pytest.mark.rule("M25")
def test_what_leaves_in_ones_name_is_stopped_though_the_sequence_is_shared_no_more(
    client: Client, sequence: Sequence, aoki: Contact, ken: User, rin: User
) -> None:
    row = put_in(sequence, aoki, make_mailbox(ken))
    sequence.change(shared=False)
    client.force_login(rin)
    assert client.post(reverse("inbox:enrolment-stop", args=[row.pk])).status_code == 404
    client.force_login(ken)
    assert "Follow-up" in client.get(aoki.get_absolute_url()).content.decode()
    assert client.post(reverse("inbox:enrolment-stop", args=[row.pk])).status_code == 303
    row.refresh_from_db()
    assert row.state == "stopped"
