"""The picture of the README, made of the demo's data: build/screens/contact.png."""

from django.db.models import Count
from django.utils import timezone
from playwright.sync_api import expect

from crm.models import Contact, User
from inbox.demo.cast import HANA
from inbox.demo.story import seed
from inbox.models import Mailbox
from tests.browser.conftest import SignIn
from tests.browser.test_walk import SCREENS


def test_the_picture_of_the_readme(sign_in: SignIn, db: None) -> None:
    """`cp build/screens/contact.png docs/` after a change that shows."""
    seed(contacts=24, emails=120, seed=1, password="correct horse")  # noqa: S106
    Mailbox.objects.update(state=Mailbox.State.CONNECTED, last_synced_at=timezone.now())
    busy = Contact.objects.kept().filter(deals__isnull=False, associations__activity__files__gt=0)
    chosen = busy.annotate(n=Count("associations")).order_by("-n", "pk").first()
    assert chosen is not None
    page = sign_in(User.objects.get(email=HANA))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/contacts/{chosen.pk}/")
    expect(page.locator("#timeline article").first).to_be_visible()
    page.screenshot(path=SCREENS / "contact.png")
