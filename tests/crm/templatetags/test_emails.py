"""How templates show e-mails."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Contact, Email, User
from tests.factories import make_email

HTML = "<p>See the <b>offer</b>:</p><ul><li>12 seats</li></ul>"


def page_of(hana: User, email: Email) -> str:
    client = Client()
    client.force_login(hana)
    return client.get(f"/emails/{email.pk}/").content.decode()


@pytest.mark.rule("M15")
@pytest.mark.parametrize("source", ["sent", "reply"])
def test_what_is_formatted_is_shown_so_whoever_wrote_it(
    hana: User, aoki: Contact, source: str
) -> None:
    page = page_of(hana, make_email(aoki, text="See the offer:", html=HTML, source=source))
    assert f'<div class="mailtext mailtext--html">{HTML}</div>' in page
    assert ("Show original format" in page) == (source == "reply")


@pytest.mark.parametrize("html", ["", "<p>See the offer:</p>"])
def test_without_formats_its_text_is_shown(hana: User, aoki: Contact, html: str) -> None:
    page = page_of(hana, make_email(aoki, text="See the offer:", html=html))
    assert '<div class="mailtext"><p>See the offer:</p></div>' in page


def test_what_is_quoted_is_folded_behind_the_dots(hana: User, aoki: Contact) -> None:
    quoted = f'{HTML}<blockquote type="cite"><p>How many?</p></blockquote>'
    page = page_of(hana, make_email(aoki, text="See the offer:", html=quoted))
    head, folded = page.split('<details class="quoted"><summary aria-label="Show quoted text">')
    assert "How many?" not in head and folded.startswith('<svg class="icon')


def test_nothing_in_it_acts(hana: User, aoki: Contact) -> None:
    hostile: Any = '<b onclick="x()">A</b><script>x()</script><p style="position:fixed">B</p>'
    page = page_of(hana, make_email(aoki, text="A B", html=hostile))
    assert '<div class="mailtext mailtext--html"><b>A</b><p>B</p></div>' in page
