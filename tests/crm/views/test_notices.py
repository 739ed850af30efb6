"""The bell's page: unread and all, read by opening, page after page."""

import pytest
from django.test import Client

from crm import notices
from crm.models import Contact, Notice, User
from crm.views.notices import PAGE


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def told(user: User, name: str = "Aiko", contact: int = 1) -> Notice:
    notice = notices.tell(user, "reply", contact=contact, name=name, subject="<b>Offer</b>")
    assert notice is not None
    return notice


def test_opening_one_reads_it(signed_in: Client, hana: User, aoki: Contact) -> None:
    notice = told(hana, contact=aoki.pk)
    page = signed_in.get("/notifications/").content.decode()
    assert "Aiko answered" in page and "&lt;b&gt;Offer" in page and 'class="count">1<' in page
    answer = signed_in.get(f"/notifications/{notice.pk}/")
    assert answer["Location"] == f"/contacts/{aoki.pk}/"
    page = signed_in.get("/notifications/").content.decode()
    assert "All read" in page and "Aiko answered" not in page
    assert "Aiko answered" in signed_in.get("/notifications/?show=all").content.decode()


def test_one_that_leads_nowhere_leads_back(signed_in: Client, hana: User) -> None:
    notice = Notice.objects.create(user=hana, kind="of_another_version")
    answer = signed_in.get(f"/notifications/{notice.pk}/")
    assert answer["Location"].endswith("/notifications/?show=all")
    assert signed_in.get("/notifications/?show=all").status_code == 200


def test_all_are_read_at_once_ones_own_alone(signed_in: Client, hana: User, ken: User) -> None:
    told(hana)
    other = told(ken)
    signed_in.post("/notifications/read/")
    assert Notice.objects.unread().get() == other
    assert signed_in.get(f"/notifications/{other.pk}/").status_code == 404
    assert signed_in.get("/notifications/read/")["Location"] == "/notifications/"


def test_pages_follow_one_another(signed_in: Client, hana: User) -> None:
    for number in range(PAGE + 2):
        told(hana, f"Person {number:03}")
    first = signed_in.get("/notifications/")
    assert len(first.context["notices"]) == PAGE and b'rel="next"' in first.content
    second = signed_in.get(f"/notifications/?before={first.context['before']}")
    assert [said.title for _row, said in second.context["notices"]] == [
        "Person 001 answered",
        "Person 000 answered",
    ]
    assert signed_in.get("/notifications/?before=nonsense").status_code == 200
