"""The lists: views, filters, sorts and pages, all in the query; as many queries for many rows."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm import timeline
from crm.lib import keyset
from crm.models import Activity, Association, Audience, Contact, Deal, Task, User
from tests.factories import (
    make_company,
    make_contact,
    make_deal,
    make_email,
    make_note,
    make_stage,
)

LISTS = ("/contacts/", "/companies/", "/deals/?layout=table")


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def rows_of(answer: Any) -> list[Any]:
    assert answer.status_code == 200
    return [each.row for each in answer.context["glances"]]


def shown(client: Client, path: str) -> list[str]:
    """The names in the order of the list."""
    return [str(row) for row in rows_of(client.get(path))]


def walk(client: Client, path: str) -> list[Any]:
    """The rows of all pages, one after the other, by their own links."""
    answer = client.get(path)
    found = rows_of(answer)
    while link := re.search(r'rel="next" href="([^"]+)"', answer.content.decode()):
        answer = client.get(path.partition("?")[0] + link[1].replace("&amp;", "&"))
        found += rows_of(answer)
    return found


def age(row: Contact | Deal, days: int) -> None:
    then = timezone.now() - timedelta(days=days)
    type(row).objects.filter(pk=row.pk).update(created_at=then, news_at=then)


def make_task(deal: Deal, **values: Any) -> Task:
    activity = Activity.objects.create(kind="task", at=timezone.now())
    Association.objects.create(activity=activity, deal=deal, at=activity.at)
    return Task.objects.create(activity=activity, title="Call", **values)


def test_pages_of_each_sort_show_everybody_once(
    signed_in: Client, hana: User, subtests: pytest.Subtests
) -> None:
    for number in range(120):
        make_contact(last_name=f"Name {number // 3:02}", first_name="A", owner=hana)
    everybody = Contact.objects.order_by("pk").values_list("pk", flat=True)
    for days in range(3):
        then = timezone.now() - timedelta(days=days)
        forty = everybody[40 * days : 40 * days + 40]
        Contact.objects.filter(pk__in=list(forty)).update(created_at=then, news_at=then)
    for sort in ("name", "-name", "activity", "-activity", "created", "-created"):
        with subtests.test(sort):
            found = walk(signed_in, f"/contacts/?sort={sort}")
            assert sorted(row.pk for row in found) == list(everybody)
            if sort.endswith("name"):
                names = [str(row) for row in found]
                assert names == sorted(names, reverse=sort == "-name")


def test_who_waits_longest_for_a_reply_comes_first(signed_in: Client, hana: User) -> None:
    now = timezone.now()
    for days in (3, 40, 8):
        waiting = make_contact(last_name=f"Waiting {days}", owner=hana)
        make_email(waiting, at=now - timedelta(days=days))
    make_email(waiting, at=now - timedelta(days=1))  # a second conversation
    make_contact(last_name="Nobody", owner=hana)
    by_wait = ["Waiting 40", "Waiting 8", "Waiting 3"]
    assert shown(signed_in, "/contacts/?view=waiting") == by_wait
    assert shown(signed_in, "/contacts/?view=waiting&sort=-waiting") == by_wait[::-1]
    assert shown(signed_in, "/contacts/?view=waiting&sort=name") == sorted(by_wait)
    assert shown(signed_in, "/contacts/?sort=waiting")[0] == "Nobody"
    assert "Longest waiting" in signed_in.get("/contacts/?view=waiting").content.decode()


def test_pages_of_deals(signed_in: Client, subtests: pytest.Subtests) -> None:
    stages = [make_stage(position=n) for n in range(2)]
    for n in range(110):
        amount = None if n % 3 else n * 10 + 5
        close = None if n % 2 else timezone.localdate() + timedelta(days=n % 7)
        make_deal(name=f"D{n:03}", stage=stages[n % 2], amount=amount, close_date=close)
    for sort in ("name", "-amount", "amount", "close", "-close", "stage"):
        with subtests.test(sort):
            found = walk(signed_in, f"/deals/?layout=table&sort={sort}")
            assert sorted(str(row) for row in found) == [f"D{n:03}" for n in range(110)]


@pytest.mark.parametrize(
    "cursor", ["nonsense", "W10", "WzEsMl0", "WyJhIiwiYiIsInR3byJd", "WyIAIiwiYiIsMV0", "W251bGxd"]
)
def test_a_cursor_that_is_none_of_ours_is_the_start(
    signed_in: Client, aoki: Contact, cursor: str
) -> None:
    for path in LISTS:
        join = "&" if "?" in path else "?"
        assert signed_in.get(f"{path}{join}after={cursor}").status_code == 200
    assert shown(signed_in, f"/contacts/?after={cursor}") == ["Yuki Aoki"]


def test_what_is_asked_nonsensically_is_ignored(signed_in: Client, aoki: Contact) -> None:
    query = "owner=x&sort=evil&view=none&pipeline=99999999999999999999&stage=-1"
    for path in ("/contacts/", "/companies/", "/deals/"):
        for layout in ("table", "board"):
            assert signed_in.get(f"{path}?{query}&layout={layout}").status_code == 200


def test_japanese_names_are_sorted_by_how_they_sound(
    signed_in: Client, hana: User, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ja", "日本語")]
    make_contact(last_name="渡辺", reading="わたなべ", owner=hana)
    make_contact(last_name="阿部", reading="あべ", owner=hana)
    make_contact(last_name="佐藤", reading="さとう", owner=hana)
    hana.language = "ja"
    hana.save()
    assert shown(signed_in, "/contacts/") == ["阿部", "佐藤", "渡辺"]


def test_filters_and_what_they_say(signed_in: Client, hana: User, ken: User) -> None:
    company = make_company("Hoshizora Foods")
    make_contact(last_name="Mine", owner=hana, company=company)
    make_contact(last_name="Other", owner=ken)
    assert shown(signed_in, "/contacts/?view=mine") == ["Mine"]
    assert shown(signed_in, f"/contacts/?owner={ken.pk}") == ["Other"]
    assert shown(signed_in, "/contacts/?company=hoshi") == ["Mine"]
    page = signed_in.get(f"/contacts/?owner={ken.pk}&company=hoshi&sort=-created").content.decode()
    assert "Owner <b>Ken</b>" in page and "Company <b>hoshi</b>" in page
    assert "No contact matches these filters" in page and "Clear filters" in page
    assert "Remove filter: Owner" in page and 'href="?company=hoshi&amp;sort=-created"' in page


def test_a_row_leads_to_the_composer_where_there_is_an_address(
    signed_in: Client, hana: User
) -> None:
    with_one, without = make_contact("a@b.test", owner=hana), make_contact("", owner=hana)
    page = signed_in.get("/contacts/").content.decode()
    assert f'href="/contacts/{with_one.pk}/emails/"' in page
    assert f'href="/contacts/{without.pk}/emails/"' not in page


def test_who_needs_a_reply(signed_in: Client, hana: User) -> None:
    now = timezone.now()
    asked, answered, robot, old, private = (
        make_contact(last_name=name, owner=hana) for name in ("A", "B", "C", "D", "E")
    )
    make_email(asked, at=now - timedelta(days=2))
    letter = make_email(answered, at=now - timedelta(days=2))
    make_email(answered, thread=letter.thread, direction="outgoing", at=now)
    make_email(answered, direction="outgoing", at=now)  # another conversation
    make_email(robot, auto_reply=True)
    make_email(old, at=now - timedelta(days=100))
    private.change(audience=Audience.OWNER, owner=None)
    make_email(private)
    assert shown(signed_in, "/contacts/?view=waiting") == ["A"]
    page = signed_in.get("/contacts/").content.decode()
    assert re.search(r'Needs a reply <span class="count">1<', page)
    answer = make_email(asked, at=now, direction="outgoing", thread=asked_thread(asked))
    assert shown(signed_in, "/contacts/?view=waiting") == []
    answer.activity.trash()  # an answer in the Trash is none
    assert shown(signed_in, "/contacts/?view=waiting") == ["A"]


def asked_thread(contact: Contact) -> Any:
    return Association.objects.filter(contact=contact).earliest("at").thread


def test_who_has_gone_quiet(signed_in: Client, hana: User) -> None:
    now = timezone.now()
    quiet, busy, free, new, lost = (
        make_contact(last_name=name, owner=hana) for name in ("A", "B", "C", "D", "E")
    )
    for each in (quiet, busy, free, lost):
        age(each, 30)
    make_deal(quiet, busy, new)
    make_deal(quiet)  # in two deals, once in the list
    make_deal(lost, stage=make_stage("lost"))
    make_note(quiet, at=now - timedelta(days=15))
    make_note(busy, at=now - timedelta(days=13))
    assert shown(signed_in, "/contacts/?view=quiet") == ["A"]


def test_a_row_says_the_last_email_the_next_step_and_the_worth(
    signed_in: Client, aoki: Contact
) -> None:
    now = timezone.now()
    make_email(aoki, direction="outgoing", at=now - timedelta(days=3))
    deal = make_deal(aoki, amount=48_000)
    make_deal(aoki, amount=500, stage=make_stage("won"))
    for due, title in ((2, "Later"), (-9, "Call")):
        task = make_task(deal, due_at=now + timedelta(days=due))
        Task.objects.filter(pk=task.pk).update(title=title)
        Association.objects.create(activity=task.activity, contact=aoki, at=task.activity.at)
    page = signed_in.get("/contacts/").content.decode().replace("\xa0", " ")
    assert "3 days ago" in page and "sent" in page
    assert "Call, 9 days late" in page and "Later" not in page
    assert "€ 48,000" in page and "48,500" not in page


def test_companies_count_their_people_and_their_deals(signed_in: Client, hana: User) -> None:
    company = make_company("Hoshizora", domain="hoshizora.example", owner=hana)
    for _each in range(3):
        make_contact(company=company, owner=hana)
    make_contact(company=company, owner=hana).trash()
    make_deal(company=company, amount=1000)
    make_company("Other")
    page = signed_in.get("/companies/?q=hoshizora.example")
    assert shown(signed_in, "/companies/?q=hoshizora.example") == ["Hoshizora"]
    assert page.context["people"] == {company.pk: 3} and "€ 1,000" in page.content.decode()


def test_the_empty_lists_say_what_to_do(signed_in: Client, db: None) -> None:
    for path, words in (
        ("/contacts/", "No contacts yet"),
        ("/companies/", "No companies yet"),
        ("/deals/?layout=table", "No deals yet"),
        ("/contacts/?view=waiting", "All answered"),
        ("/companies/?q=x", "No company matches"),
        ("/deals/?layout=table&q=x", "No deal matches"),
        ("/deals/", "There is no pipeline yet"),
    ):
        assert words in signed_in.get(path).content.decode()


def test_the_table_keeps_the_filters_of_the_board(signed_in: Client, hana: User, ken: User) -> None:
    stage = make_stage()
    make_deal(name="Mine", owner=hana, stage=stage)
    make_deal(name="Kens", owner=ken, stage=stage)
    board = signed_in.get(f"/deals/?owner={ken.pk}&attention=1").content.decode()
    assert f"owner={ken.pk}&amp;attention=1&amp;layout=table" in board
    assert shown(signed_in, f"/deals/?owner={ken.pk}&attention=1&layout=table") == ["Kens"]


def test_htmx_gets_the_rows_alone(signed_in: Client, aoki: Contact) -> None:
    make_deal(aoki)
    for path in LISTS:
        answer = signed_in.get(path, headers={"HX-Request": "true"})
        assert b"<table" in answer.content and b"<html" not in answer.content


def test_as_many_queries_for_many_rows(
    signed_in: Client, hana: User, django_assert_max_num_queries: Any
) -> None:
    stage = make_stage()
    for n in range(40):
        company = make_company(owner=hana)
        contact = make_contact(owner=hana, company=company)
        deal = make_deal(contact, company=company, owner=hana, amount=n, stage=stage)
        make_email(contact)
        make_task(deal)
    for path in LISTS:
        with django_assert_max_num_queries(22):
            assert len(shown(signed_in, path)) == 40


def test_strangers_to_a_record_do_not_find_it(client: Client, rin: User, aoki: Contact) -> None:
    aoki.change(audience=Audience.OWNER)
    make_deal(aoki, audience=Audience.OWNER)
    client.force_login(rin)
    assert shown(client, "/contacts/") == [] and shown(client, "/deals/?layout=table") == []


@pytest.fixture
def secret(rin: User) -> Contact:
    """Of somebody else, and of a deal and a company that everybody sees."""
    company = make_company("Open Works")
    contact = make_contact(owner=rin, audience=Audience.OWNER, company=company)
    make_deal(contact, name="Open deal", company=company)
    return contact


@pytest.mark.parametrize(
    "path", ["/companies/", "/deals/?layout=table", "/deals/"], ids=["companies", "deals", "board"]
)
def test_what_stands_on_a_hidden_contact_is_not_told_of_its_company_and_deal(
    signed_in: Client, mio: User, secret: Contact, path: str
) -> None:
    activity = Activity.objects.create(kind="task", at=timezone.now())
    Task.objects.create(activity=activity, title="Buy them out")
    timeline.record(activity, contacts=[secret])
    make_email(secret)
    assert "Buy them out" not in signed_in.get(path).content.decode()
    if path != "/deals/":
        (glance,) = signed_in.get(path).context["glances"]
        assert (glance.task, glance.mail) == (None, None)
    signed_in.force_login(mio)
    if path != "/companies/":  # which tells no tasks
        assert "Buy them out" in signed_in.get(path).content.decode()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/?whose=everyone", "/contacts/", "/deals/", "/deals/?layout=table"),
        *("/deals/new/?contact={contact}", "/deals/{deal}/contacts/?q=Customer"),
        "/contacts/{contact}/details/",
        *("/deals/{deal}/details/", "/contacts/{contact}/", "/deals/{deal}/"),
    ],
)
def test_a_hidden_company_is_named_nowhere(
    signed_in: Client, mio: User, rin: User, path: str
) -> None:
    hidden = make_company("Hush Holding", owner=rin, audience=Audience.OWNER)
    contact = make_contact(company=hidden)
    deal = make_deal(company=hidden)
    path = path.format(contact=contact.pk, deal=deal.pk)
    assert "Hush Holding" not in signed_in.get(path).content.decode()
    signed_in.force_login(mio)
    if path != "/":  # of mio nothing is there
        assert "Hush Holding" in signed_in.get(path).content.decode()


def test_a_hidden_company_is_not_guessed_by_the_filter(signed_in: Client, rin: User) -> None:
    hidden = make_company("Hush Holding", owner=rin, audience=Audience.OWNER)
    make_contact(company=hidden)
    assert shown(signed_in, "/contacts/?company=Hush") == []


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_beyond_all_time_is_the_start(signed_in: Client, path: str) -> None:
    cursor = keyset.encode_values(["0001-01-01T00:00:00+14:00", 1])
    assert signed_in.get(path, {"sort": "-activity", "after": cursor}).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_words_may_be_long(signed_in: Client, path: str) -> None:
    make_deal(make_contact(), company=make_company())
    assert signed_in.get(path, {"q": "x" * 60_000}).status_code == 200
