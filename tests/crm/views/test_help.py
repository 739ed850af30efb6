"""The help page, with a search that is a plain GET."""

from django.test import Client

from crm.help import QUESTIONS
from crm.models import User


def test_questions_have_anchors_and_words_find_them(client: Client, hana: User) -> None:
    client.force_login(hana)
    page = client.get("/help/").content.decode()
    assert all(f'<details class="question" id="{slug}"' in page for slug in QUESTIONS)
    page = client.get("/help/?q=pop3").content.decode()
    assert 'id="pop3" open' in page and 'id="bounces"' not in page
    page = client.get("/help/?q=%3Cweather%3E").content.decode()
    assert "No answer speaks of “&lt;weather&gt;”" in page


def test_htmx_gets_the_answers_alone(client: Client, hana: User) -> None:
    client.force_login(hana)
    answer = client.get("/help/?q=pop3", headers={"HX-Request": "true"})
    assert b'id="answers"' in answer.content and b"<html" not in answer.content
