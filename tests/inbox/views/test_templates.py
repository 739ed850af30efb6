"""The pages of templates and folders (M24)."""

import re
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crm.models import Contact, UndoEntry, User
from crm.retention import sweep
from inbox.models import Snippet, Template, TemplateFolder, TemplateUse
from inbox.outreach.writing import both_forms
from tests.factories import make_contact, make_email

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M24")]
PATH = "/templates/"
HTMX = {"HX-Request": "true"}


def make(owner: User, name: str = "Offer", **values: Any) -> Template:
    values = {**both_forms(text=values.pop("text", "Dear {{ contact.first_name }},")), **values}
    made: Template = Template.objects.create(name=name, owner=owner, **values)
    return made


def body(**values: Any) -> dict[str, Any]:
    return {"name": "Offer", "subject": "Tea", "text": "Dear {{ contact.name }},", **values}


def undo(client: Client) -> None:
    entry = UndoEntry.objects.latest("pk")
    client.post(reverse("crm:undo", args=[entry.token]))


def test_the_first_templates_are_offered(client: Client, hana: User) -> None:
    client.force_login(hana)
    shown = client.get(PATH).content.decode()
    assert "No templates yet" in shown and shown.count('class="card starter"') == 3
    assert client.post(f"{PATH}starters/", {"number": "1", "language": "ja"}).status_code == 303
    made = Template.objects.get()
    assert (made.name, made.language, made.owner) == ("お見積り", "ja", hana)
    assert client.post(f"{PATH}starters/", {"number": "7"}).status_code == 404


def test_a_template_is_made_and_changed_and_that_undone(client: Client, hana: User) -> None:
    client.force_login(hana)
    assert client.get(f"{PATH}new/").status_code == 200
    made = client.post(f"{PATH}new/", body(text="One\r\n\r\nTwo", shared="on", language="en"))
    row = Template.objects.get()
    assert made.status_code == 303 and made["Location"] == row.get_absolute_url()
    assert (row.html, row.text, row.shared) == ("<p>One</p><p>Two</p>", "One\n\nTwo", True)
    changed = client.post(row.get_absolute_url(), body(name="Other", text="Three"))
    assert changed.status_code == 303
    row.refresh_from_db()
    assert (row.name, row.html, row.shared) == ("Other", "<p>Three</p>", False)
    undo(client)
    row.refresh_from_db()
    assert (row.name, row.text, row.shared) == ("Offer", "One\n\nTwo", True)


def test_what_was_saved_meanwhile_is_not_written_over_unseen(client: Client, hana: User) -> None:
    """Another window, or an admin: nothing typed is lost on either side."""
    client.force_login(hana)
    row = make(hana)
    opened = {"shown": client.get(row.get_absolute_url()).context["form"].shown()}
    first = body(text="First", **opened)
    assert client.post(row.get_absolute_url(), first).status_code == 303
    assert client.post(row.get_absolute_url(), first).status_code == 303  # pressed twice
    refused = client.post(row.get_absolute_url(), body(text="Second", **opened))
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "This was changed meanwhile" in page and "Second</textarea>" in page
    row.refresh_from_db()
    assert row.text == "First"
    told = body(text="Second", shown=refused.context["form"].shown())
    assert f'name="shown" value="{told["shown"]}"' in page
    assert client.post(row.get_absolute_url(), told).status_code == 303
    row.refresh_from_db()
    assert row.text == "Second"
    undo(client)
    row.refresh_from_db()
    assert row.text == "First"


def test_a_file_that_was_attached_meanwhile_stays(client: Client, hana: User) -> None:
    client.force_login(hana)
    row = make(hana, subject="Tea", text="Dear {{ contact.name }},")
    opened = {"shown": client.get(row.get_absolute_url()).context["form"].shown()}
    file = SimpleUploadedFile("a.txt", b"a")
    client.post(row.get_absolute_url(), body(attachments=file, **opened))
    assert client.post(row.get_absolute_url(), body(**opened)).status_code == 422
    file.seek(0)
    again = client.post(row.get_absolute_url(), body(attachments=file, **opened))
    assert again.status_code == 422
    assert [kept.name for kept in row.files.all()] == ["a.txt"]


def test_text_that_was_not_touched_keeps_its_formats(client: Client, hana: User) -> None:
    row = make(hana, html="<p>Dear <b>you</b></p>", text="Dear you")
    client.force_login(hana)
    client.post(row.get_absolute_url(), body(name="Other", text="Dear you"))
    row.refresh_from_db()
    assert (row.name, row.html) == ("Other", "<p>Dear <b>you</b></p>")
    designed = "<table><tbody><tr><td>Dear you</td></tr></tbody></table>"
    row.change(html=designed)
    assert "data-kit" not in client.get(row.get_absolute_url()).content.decode()
    client.post(row.get_absolute_url(), body(html="<p>Dear you</p>", text="Dear you"))
    row.refresh_from_db()
    assert row.html == designed


def test_what_the_editor_wrote_is_kept(client: Client, hana: User) -> None:
    client.force_login(hana)
    html = "<p>Dear <strong>{{ contact.name }}</strong></p>"
    client.post(f"{PATH}new/", body(html=html, text="", rich="yes"))
    row = Template.objects.get()
    assert row.html == html and row.text == "Dear {{ contact.name }}"
    assert "data-kit" in client.get(row.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"text": ""}, "Write something."),
        ({"text": "Dear {{ contact.frist_name }},"}, "Did you mean {{ contact.first_name }}?"),
        ({"subject": "{{ weather.today }}"}, "There is no {{ weather.today }}."),
        ({"text": "Dear {{ contact.name,"}, "in one piece"),
        ({"folder": "99"}, "valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: Client, hana: User, wrong: dict[str, str], said: str
) -> None:
    client.force_login(hana)
    typed = {**body(text="Dear all, come."), **wrong}
    answer = client.post(f"{PATH}new/", typed)
    shown = answer.content.decode()
    assert answer.status_code == 422 and said in shown
    assert typed["subject"] in shown and not Template.objects.exists()


def test_the_preview_is_what_is_typed_for_whom_is_chosen(
    client: Client, hana: User, aoki: Contact, weber: Contact
) -> None:
    client.force_login(hana)
    typed = body(text="Dear {{ contact.first_name }}, {{ deal.name }}", preview="yes")
    shown = client.post(f"{PATH}new/", {**typed, "contact": aoki.pk}).content.decode()
    assert "As Yuki Aoki would read it" in shown and "<h1" in shown
    part = client.post(
        f"{PATH}new/", {**typed, "chosen": weber.pk, "whom": "ann"}, headers=HTMX
    ).content.decode()
    assert "Dear Anna," in part and "<h1" not in part
    assert '<mark class="badge" data-hue="yamabuki">Deal</mark>' in part
    assert "1 field has no value here." in part
    assert f'value="{weber.pk}" id="chosen-{weber.pk}" checked' in part
    assert not Template.objects.exists()


def test_a_preview_runs_nothing(client: Client, hana: User) -> None:
    make_contact(owner=hana, first_name="<script>x()</script>")
    client.force_login(hana)
    html = '<p style="color:red" onclick="x()">Dear {{ contact.first_name }}<img src=//a.b></p>'
    part = client.post(f"{PATH}new/", body(html=html, rich="yes", preview="yes"), headers=HTMX)
    shown = part.content.decode()
    assert "<p>Dear &lt;script&gt;x()&lt;/script&gt;</p>" in shown
    assert "style" not in shown and "<img" not in shown


def test_strangers_see_nothing_and_readers_change_nothing(
    client: Client, hana: User, ken: User
) -> None:
    secret, shared = make(hana), make(hana, "Shared", shared=True)
    client.force_login(ken)
    shown = client.get(PATH).content.decode()
    assert "Shared" in shown and "Offer" not in shown
    assert client.get(secret.get_absolute_url()).status_code == 404
    for address in ("copy/", "trash/", "folder/", "restoration/"):
        assert client.post(f"{secret.get_absolute_url()}{address}").status_code == 404
    page = client.get(shared.get_absolute_url()).content.decode()
    assert "It is Hana’s." in page and "disabled" in page
    assert client.post(shared.get_absolute_url(), body()).status_code == 404
    assert client.post(f"{shared.get_absolute_url()}trash/").status_code == 404
    assert client.post(f"{shared.get_absolute_url()}folder/").status_code == 404


def test_anybody_may_duplicate_what_is_shared(client: Client, hana: User, ken: User) -> None:
    row = make(hana, shared=True)
    client.force_login(hana)
    file = SimpleUploadedFile("price.pdf", b"%PDF")
    client.post(row.get_absolute_url(), body(attachments=file, shared="on"))
    client.force_login(ken)
    assert client.post(f"{row.get_absolute_url()}copy/").status_code == 303
    copy = Template.objects.get(owner=ken)
    assert (copy.name, copy.shared) == ("Offer (copy)", False)
    assert copy.files.get().content() == b"%PDF"


def test_files_are_attached_kept_and_left_out(client: Client, hana: User) -> None:
    client.force_login(hana)
    files = [SimpleUploadedFile("a.pdf", b"a"), SimpleUploadedFile("b.pdf", b"b")]
    client.post(f"{PATH}new/", body(attachments=files))
    row = Template.objects.get()
    first, _second = row.files.all()
    client.post(row.get_absolute_url(), body(kept=first.pk))
    assert [file.name for file in row.files.all()] == ["a.pdf"]


@pytest.mark.rule("M32")
@pytest.mark.parametrize(("kind", "path"), [(Template, "templates"), (Snippet, "snippets")])
def test_the_one_trash_leads_to_what_was_prewritten_and_it_says_when_it_goes(
    client: Client, hana: User, kind: Any, path: str
) -> None:
    more = {"shortcut": "s"} if kind is Snippet else {}
    row = kind.objects.create(owner=hana, name="Offer", text="Hello.", **more)
    row.trash()
    client.force_login(hana)
    assert f'href="/{path}/?view=trash"' in client.get("/trash/").content.decode()
    page = client.get(f"/{path}/?view=trash").content.decode()
    assert "Offer" in page and "goes in 90 days" in page


def test_the_trash_gives_back(client: Client, hana: User, ken: User) -> None:
    row = make(hana, shared=True)
    client.force_login(hana)
    assert client.post(f"{row.get_absolute_url()}trash/").status_code == 303
    assert client.get(row.get_absolute_url()).status_code == 404
    undo(client)
    assert client.get(row.get_absolute_url()).status_code == 200
    client.post(f"{row.get_absolute_url()}trash/")
    assert "Restore Offer" in client.get(f"{PATH}?view=trash").content.decode()
    client.force_login(ken)
    assert "Restore" not in client.get(f"{PATH}?view=trash").content.decode()
    assert client.post(f"{row.get_absolute_url()}restoration/").status_code == 404
    client.force_login(hana)
    assert client.post(f"{row.get_absolute_url()}restoration/").status_code == 303
    assert Template.objects.visible_to(hana).exists()


def test_folders_are_made_renamed_and_taken_away(client: Client, hana: User) -> None:
    row = make(hana)
    client.force_login(hana)
    assert client.post("/template-folders/new/", {"name": ""}).status_code == 422
    made = client.post("/template-folders/new/", {"name": "Sales"})
    folder = TemplateFolder.objects.get()
    assert made["Location"] == f"{PATH}?folder={folder.pk}"
    assert client.post(f"{row.get_absolute_url()}folder/", {"folder": folder.pk}).status_code == 303
    assert "Offer" in client.get(f"{PATH}?folder={folder.pk}").content.decode()
    TemplateFolder.objects.create(name="Support")
    taken = client.post(f"/template-folders/{folder.pk}/", {"name": "Support"})
    assert taken.status_code == 422 and "Choose another one." in taken.content.decode()
    client.post(f"/template-folders/{folder.pk}/", {"name": "Selling"})
    assert client.get(f"/template-folders/{folder.pk}/").status_code == 200
    client.post(f"/template-folders/{folder.pk}/removal/")
    assert ">Selling</option>" not in client.get(f"{PATH}new/").content.decode()
    assert Template.objects.visible_to(hana).get() == row
    undo(client)
    row.refresh_from_db()
    assert row.folder is not None and row.folder.deleted_at is None


def test_a_template_begins_with_an_email_that_was_sent(
    client: Client, hana: User, ken: User, aoki: Contact
) -> None:
    text = "Dear Yuki,\n\nAoki Shoten is great.\n\nHana\n\n> Older words"
    sent = make_email(
        aoki, by=hana, direction="outgoing", subject="Re: Tea for Aoki Shoten", text=text
    )
    sent.reply_length = text.index("> ")
    sent.save()
    sent.participants.create(role="to", address=aoki.email, contact=aoki)
    client.force_login(hana)
    page = client.get(f"/emails/{sent.pk}/").content.decode()
    assert f'href="{PATH}new/?email={sent.pk}"' in page
    shown = client.get(f"{PATH}new/?email={sent.pk}").content.decode()
    assert "Tea for {{ company.name }}" in shown
    assert "Dear {{ contact.first_name }}," in shown and "{{ sender.name }}" in shown
    assert "Older words" not in shown
    sent.private = True
    sent.save()
    client.force_login(ken)
    assert client.get(f"{PATH}new/?email={sent.pk}").status_code == 404


def test_words_find_and_pages_follow(client: Client, hana: User) -> None:
    for number in range(60):
        make(hana, f"Letter {number:02}")
    client.force_login(hana)
    first = client.get(PATH).content.decode()
    assert "Letter 49" in first and "Letter 50" not in first
    after = re.search(r'rel="next" href="\?after=([^"]+)"', first)
    assert after
    second = client.get(f"{PATH}?after={after[1]}").content.decode()
    assert "Letter 50" in second and "Letter 49" not in second
    part = client.get(f"{PATH}?q=letter+07", headers=HTMX).content.decode()
    assert "Letter 07" in part and "Letter 08" not in part and "<h1" not in part
    assert "No template is here" in client.get(f"{PATH}?q=nothing").content.decode()
    assert client.get(f"{PATH}?folder=x&after=y").status_code == 200


def test_a_long_list_costs_what_a_short_one_does(
    client: Client, hana: User, aoki: Contact, django_assert_max_num_queries: Any
) -> None:
    folder = TemplateFolder.objects.create(name="Sales")
    for number in range(20):
        row = make(hana, f"Letter {number}", folder=folder, shared=True)
        email = make_email(aoki, by=hana, direction="outgoing")
        TemplateUse.objects.create(template=row, email=email)
    client.force_login(hana)
    client.get(PATH)
    with django_assert_max_num_queries(13):
        assert "1 time" in client.get(PATH).content.decode()


@pytest.mark.rule("M33")
def test_the_bytes_of_a_file_that_is_left_out_go_with_the_next_sweep(
    client: Client, hana: User
) -> None:
    client.force_login(hana)
    client.post(f"{PATH}new/", body(attachments=[SimpleUploadedFile("a.pdf", b"secret")]))
    row = Template.objects.get()
    path = row.files.get().path
    client.post(row.get_absolute_url(), body())
    sweep()
    assert not default_storage.exists(path)


@pytest.mark.parametrize("folder", ["9" * 30, "٣", "9" * 5000, "x"])
def test_a_folder_that_is_none_is_not_there(client: Client, hana: User, folder: str) -> None:
    row = make(hana)
    client.force_login(hana)
    moved = client.post(f"{row.get_absolute_url()}folder/", {"folder": folder})
    assert moved.status_code == 404


@pytest.mark.parametrize("path", ["/contacts/{}/emails/?template=", "/templates/new/?email="])
def test_a_number_that_is_too_long_is_nobodys(
    client: Client, hana: User, aoki: Contact, path: str
) -> None:
    client.force_login(hana)
    assert client.get(path.format(aoki.pk) + "9" * 5000).status_code in (200, 404)
