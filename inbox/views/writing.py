"""The composer as it is shown: where something is written, and what its form begins with (M21)."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from crm import web
from crm.models import Contact, User
from crm.web import Request, page
from inbox.forms.composer import ComposerForm
from inbox.forms.sending import SendingForm
from inbox.mime import prose
from inbox.models import Draft, DraftFile, Mailbox
from inbox.models.identities import proven_sender
from inbox.sending import allowance, drafts, guard
from inbox.sending.allowance import Allowance
from inbox.sending.drafts import Place
from inbox.sending.guard import Doubt, Scene
from inbox.sending.later import offers
from inbox.views.templated import with_template


class Writing(NamedTuple):
    """What is being written: where, posted to which address, beginning with what."""

    place: Place
    action: str
    initial: dict[str, Any]
    people: Sequence[Contact] = ()  # whom it may be for, where the record leaves that open
    draft: Draft | None = None  # as it is shown

    @property
    def scene(self) -> Scene:
        """What there may be news of, while it is written."""
        return Scene(self.place.answers, self.place.record)

    @property
    def ids(self) -> str:
        """Of its fields: several composers may be open on one page."""
        answered = self.place.answers or self.place.forwards
        return f"reply{answered.pk}_%s" if answered else "new_%s"

    @property
    def files(self) -> list[DraftFile]:
        """Those that can be ticked."""
        if self.draft:
            return list(DraftFile.objects.filter(draft=self.draft, inline=False))
        offered = drafts.offered(self.place.forwards) if self.place.forwards else []
        return [DraftFile(source=each, name=each.name, size=each.size) for each in offered]


def mailboxes_of(request: Request) -> Any:
    """Those that one may write from: one's own and one's team's; an admin sees more (M52)."""
    return Mailbox.objects.usable_by(request.user).working()


def begin(request: Request, writing: Writing) -> HttpResponse:
    """With the draft that was begun here, unless another one is wanted."""
    if writing.draft is None and "new" not in request.GET:
        writing = writing._replace(draft=drafts.begun(request.user, writing.place))
    draft = writing.draft
    if draft:
        initial = {name: getattr(draft, name) for name in (*drafts.FIELDS, "key", "version")}
        initial["mailbox"] = sender_key(draft.mailbox, draft.sender)
    else:
        begun = with_template(request, writing.initial, writing.place.record)
        initial = {"signed": True, "version": 0, "key": secrets.token_hex(16), **begun}
    form = ComposerForm(initial=initial, mailboxes=mailboxes_of(request), auto_id=writing.ids)
    form.initial["kept"] = [file.mark for file in writing.files if file.kept]
    return shown(request, writing, form)


def shown(
    request: Request,
    writing: Writing,
    form: ComposerForm,
    *,
    doubts: Sequence[Doubt] = (),
    status: int = 200,
) -> HttpResponse:
    first = _goes_on(doubts) if form.is_bound else _first(writing.place)
    form.fields[first].widget.attrs["autofocus"] = True
    mailboxes = mailboxes_of(request)
    sender = _sender(form, mailboxes)
    context = {
        "allowance": _allowance(mailboxes, sender),
        "form": form,
        "writing": writing,
        "mailboxes": mailboxes,
        "signatures": _signatures(mailboxes),
        "files": writing.files,
        "ticked": set(form["kept"].value() or ()),
        "sender": sender,
        **_sending(request, writing, doubts),
    }
    return page(request, "inbox/composer.html", context, part="composer", status=status)


def _first(place: Place) -> str:
    """The field that somebody writes in first."""
    if place.forwards:
        return "to"
    return "text" if place.answers else "subject"


def _goes_on(doubts: Sequence[Doubt]) -> str:
    """The field in which somebody writes on who was stopped."""
    return "subject" if any(doubt.key == "subject" for doubt in doubts) else "text"


def _sending(request: Request, writing: Writing, doubts: Sequence[Doubt]) -> dict[str, Any]:
    """When it shall leave, and what was news when the composer opened."""
    scene, now = writing.scene, timezone.localtime()
    planned = writing.draft.send_at if writing.draft else None
    later_on = planned and timezone.localtime(planned) > now
    start = {"when": f"{timezone.localtime(planned):%Y-%m-%d %H:%M}" if later_on else ""}
    if request.method != "POST":
        start["seen"] = str(guard.newest(scene, request.user))
    sending = SendingForm(web.posted(request), initial=start, auto_id=f"send-{writing.ids}")
    return {
        "sending": sending,
        "offers": offers(now, _zone(writing, request.user)),
        "doubts": doubts,
        "confirmed": [*sending.confirmed, *(doubt.key for doubt in doubts if not doubt.ticked)],
        "colleagues": [] if doubts else guard.writing_now(scene, request.user, now),
    }


def _zone(writing: Writing, user: User) -> str:
    """Where who gets it is, as far as that is known, and `user` may know it; "" where it is not."""
    record, answers = writing.place.record, writing.place.answers
    if answers and answers.shows_people_to(user):
        writer = answers.writer
        rows = Contact.objects.visible_to(user).filter(pk=writer.contact_id if writer else None)
        return rows.values_list("time_zone", flat=True).first() or ""
    return record.time_zone if isinstance(record, Contact) else ""


def _allowance(mailboxes: Iterable[Mailbox], sender: int | None) -> Allowance | None:
    chosen = next((each for each in mailboxes if each.pk == sender), None)
    return allowance.remaining(chosen, timezone.now()) if chosen else None


def _signatures(mailboxes: Iterable[Mailbox]) -> list[tuple[int, SafeString]]:
    return [
        (each.pk, mark_safe(prose.clean(each.signature))) for each in mailboxes if each.signature
    ]


def sender_key(mailbox: Mailbox | None, address: str) -> str:
    """The field's value for one of the addresses of a mailbox; its own where that is no more."""
    sender = proven_sender(mailbox, address) if mailbox else None
    return sender.key if sender else str(mailbox.pk) if mailbox else ""


def _sender(form: ComposerForm, mailboxes: Sequence[Mailbox]) -> int | None:
    """Which mailbox is chosen: the first one where nobody has chosen."""
    chosen = str(form["mailbox"].value()).partition(" ")[0]
    found = [each.pk for each in mailboxes if str(each.pk) == chosen]
    return next(iter([*found, *(each.pk for each in mailboxes)]), None)


def posted(request: Request, writing: Writing) -> ComposerForm:
    """What was typed; its data can be changed, for the version that is shown again."""
    data = request.POST.copy()
    return ComposerForm(data, request.FILES, mailboxes=mailboxes_of(request), auto_id=writing.ids)
