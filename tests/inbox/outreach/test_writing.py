"""A template, written for somebody (M24)."""

import pytest

from inbox.models import Template
from inbox.outreach import writing


@pytest.mark.rule("M24")
def test_a_template_is_written_with_its_fields_filled() -> None:
    body = writing.both_forms(text="Dear {{ contact.name }},\nsee {{ deal.name }}.\n\nBye")
    template = Template(subject="For {{ company.name }}", **body)
    made = writing.written(template, {"contact.name": "Ann <Lee>", "company.name": "Tea\r\nBcc: x"})
    assert made.subject == "For Tea Bcc: x"
    assert made.text == "Dear Ann <Lee>,\nsee {{ deal.name }}.\n\nBye"
    assert made.html == "<p>Dear Ann &lt;Lee&gt;,<br>see {{ deal.name }}.</p><p>Bye</p>"
    assert made.missing == ("deal.name",)


def test_html_is_kept_harmless_and_as_text() -> None:
    form = writing.both_forms(html="<p>Hello <b>you</b></p><script>alert(1)</script>")
    assert form == {"html": "<p>Hello <b>you</b></p>", "text": "Hello you"}


def test_plain_text_becomes_paragraphs() -> None:
    assert writing.html_of_text("a < b\n\n\nc") == "<p>a &lt; b</p><p>c</p>"
    assert writing.html_of_text("") == ""


def test_a_fallback_survives_the_cleaning_of_html() -> None:
    form = writing.both_forms(html='<p>Dear {{ contact.name|"you" }}</p>')
    assert writing.body_of(Template(**form), {}).html == "<p>Dear you</p>"
