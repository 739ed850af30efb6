"""The demo's templates and snippets in both languages, and how often they were used (M24)."""

import random
from collections.abc import Sequence

from crm.models import Email, User
from inbox.models import Snippet, Template, TemplateFolder, TemplateUse
from inbox.outreach.starters import STARTERS
from inbox.outreach.writing import both_forms

FOLDERS = {"en": "Sales", "ja": "営業"}
SNIPPETS = (
    ("thanks", "Thanks", "Thank you very much for your quick answer."),
    ("office", "Our office", "Kumo Works, 2-4-1 Kita, Osaka\nNext to Nakatsu station, exit 3"),
    ("arigato", "お礼", "早速のご返信、誠にありがとうございます。"),
    ("kaisha", "会社の所在地", "クモワークス\n大阪市北区2-4-1(中津駅3番出口すぐ)"),
)
USES = (12, 7, 4)  # of the three in each language
MOST = 500  # e-mails among which the uses are chosen


def write(people: Sequence[User], rng: random.Random) -> None:
    """Shared ones, by the first of these people; the uses are e-mails that they sent."""
    owner = people[0]
    Snippet.objects.bulk_create(
        Snippet(shortcut=shortcut, name=name, owner=owner, shared=True, **both_forms(text=text))
        for shortcut, name, text in SNIPPETS
    )
    outgoing = Email.objects.filter(direction=Email.Direction.OUTGOING)
    sent = list(outgoing.only("pk").order_by("pk")[:MOST])
    rng.shuffle(sent)
    for language, starters in STARTERS.items():
        folder = TemplateFolder.objects.create(name=FOLDERS[language])
        values = {"owner": owner, "shared": True, "language": language, "folder": folder}
        made = Template.objects.bulk_create(
            Template(name=each.name, subject=each.subject, **both_forms(text=each.text), **values)
            for each in starters
        )
        TemplateUse.objects.bulk_create(
            TemplateUse(template=template, email=sent.pop())
            for template, times in zip(made, USES, strict=True)
            for _time in range(min(times, len(sent)))
        )
