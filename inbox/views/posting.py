"""What the buttons of a composer do: saved, a file taken, sent, thrown away (M21, M23).

Each posts the whole form to the address of the place; `do` says which it was. With scripts the page
stays, and "save" and "upload" are answered with JSON (static/js/autosave.js, attach.js).
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm import undo
from crm.models import Company, Deal, Email
from crm.web import Request, done
from inbox.forms.composer import ComposerForm
from inbox.forms.sending import SendingForm
from inbox.models import Draft, Template
from inbox.sending import composer, content, drafts, guard
from inbox.sending.composer import NotSendable
from inbox.sending.guard import Doubt, Stopped
from inbox.views import leaving
from inbox.views.templated import chosen_template
from inbox.views.writing import Writing, begin, posted, shown


def compose(request: Request, writing: Writing) -> HttpResponse:
    if request.method != "POST":
        return begin(request, writing)
    acts: dict[str, Callable[[Request, Writing], HttpResponse]] = {
        "save": _save,
        "upload": _upload,
        "template": _template,
        "discard": _discard,
    }
    return acts.get(request.POST.get("do", ""), _send)(request, writing)


# --- saved ----------------------------------------------------------------------------------------


def _keep(request: Request, form: ComposerForm, writing: Writing) -> Draft:
    """Whatever was typed is saved first, with the files that came along: nothing is lost by what
    is refused later. Raises Changed, Gone and NotSendable."""
    form.is_valid()
    data: Any = form.data
    draft = drafts.save(
        request.user,
        writing.place,
        key=_key(request),
        version=_version(request),
        ticked=data.getlist("kept"),
        **form.saved(),
    )
    data["version"] = str(draft.version)
    for file in form.cleaned_data.get("attachments", ()):
        data.appendlist("kept", drafts.attach(draft, file).mark)
    template = chosen_template(request)
    for taken in drafts.use_template(draft, template) if template else ():
        data.appendlist("kept", taken.mark)
    return draft


def _save(request: Request, writing: Writing) -> HttpResponse:
    form = posted(request, writing)
    try:
        draft = _keep(request, form, writing)
    except drafts.Changed as found:
        words = _("This draft was changed in another window. Save again to keep what is here.")
        return _overtaken(request, writing, form, found.draft, words)
    except drafts.Gone:
        return _gone(request)
    except NotSendable as refused:
        return _refused(request, writing, form, refused)
    if not request.htmx:
        return done(request, "inbox:draft", draft.pk, toast=_("The draft is saved."))
    return JsonResponse({"version": draft.version, "said": _said_of(draft)})


def _said_of(draft: Draft) -> str:
    at = date_format(timezone.localtime(draft.touched_at), "TIME_FORMAT")
    return _("Draft saved {time}").format(time=at)


def _overtaken(
    request: Request, writing: Writing, form: ComposerForm, draft: Draft, words: str
) -> HttpResponse:
    """Another window was quicker: nothing is written over until somebody has seen that."""
    if request.htmx and request.POST.get("do") == "save":
        there = reverse("inbox:draft", args=[draft.pk])
        said = _("This draft was changed in another window.")
        return JsonResponse({"said": said, "version": draft.version, "there": there}, status=409)
    data: Any = form.data
    data["version"] = str(draft.version)
    form.add_error(None, words)
    answer = shown(request, writing._replace(draft=draft), form, status=422)
    answer["X-Overtaken"] = "yes"  # what is typed on meanwhile waits for a decision (autosave.js)
    return answer


def _gone(request: Request) -> HttpResponse:
    said = _("This was sent or discarded in another window.")
    if request.htmx:
        return JsonResponse({"said": said}, status=410)
    return done(request, "inbox:drafts", toast=said)


def _refused(
    request: Request, writing: Writing, form: ComposerForm, refused: NotSendable
) -> HttpResponse:
    """With the reason on the form; what was typed is saved."""
    if request.htmx and request.POST.get("do") == "save":
        return JsonResponse({"said": refused.message}, status=422)
    field = "mailbox" if refused.field in ("mailbox_id", "from") else refused.field
    form.add_error(field if field in form.fields else None, refused.message)
    return _shown_again(request, writing, form)


def _shown_again(
    request: Request, writing: Writing, form: ComposerForm, doubts: Sequence[Doubt] = ()
) -> HttpResponse:
    draft = Draft.objects.open_for(request.user).filter(key=_key(request)).first()
    return shown(request, writing._replace(draft=draft), form, doubts=doubts, status=422)


def _upload(request: Request, writing: Writing) -> HttpResponse:
    """For the scripts: one file, kept at once. `inline` is a picture for the text, answered with
    its address."""
    chosen, inline = request.FILES.get("file"), "inline" in request.POST
    try:
        draft = _opened(request, writing)
        if chosen is None:
            raise NotSendable("attachments", _("Choose a file."))
        file = drafts.attach(draft, chosen, inline=inline)
    except drafts.Gone:
        return _gone(request)
    except NotSendable as refused:
        return JsonResponse({"said": refused.message}, status=422)
    if inline:
        return JsonResponse({"src": reverse("inbox:draft-file", args=[file.pk])})
    context = {"file": file, "ticked": {file.mark}}
    return JsonResponse({"html": render_to_string("inbox/composer/_file.html", context)})


def _opened(request: Request, writing: Writing) -> Draft:
    """The draft of the form; where this is the first that comes of it, with the words it has."""
    form = posted(request, writing)
    form.is_valid()
    ticked = request.POST.getlist("kept")
    return drafts.open_draft(request.user, writing.place, _key(request), ticked, **form.saved())


def _template(request: Request, writing: Writing) -> HttpResponse:
    """For the scripts: the draft is written with that template (M24), whose files are answered."""
    template = chosen_template(request)
    try:
        draft = _opened(request, writing)
    except drafts.Gone:
        return _gone(request)
    files = drafts.use_template(draft, template) if template else []
    rows = [{"file": file, "ticked": {file.mark}} for file in files]
    html = [render_to_string("inbox/composer/_file.html", row) for row in rows]
    return JsonResponse({"html": "".join(html)})


def _discard(request: Request, writing: Writing) -> HttpResponse:
    """Out of sight; Undo brings it back."""
    to = writing.place.record or reverse("inbox:drafts")
    draft = Draft.objects.open_for(request.user).filter(key=_key(request)).first()
    if draft is None:
        return done(request, to)
    entry = undo.remember(request.user, undo.changed(draft, discarded_at=timezone.now()))
    return done(request, to, toast=_("The draft is discarded."), undo=entry)


# --- sent -----------------------------------------------------------------------------------------


def _send(request: Request, writing: Writing) -> HttpResponse:
    form, sending = posted(request, writing), SendingForm(request.POST)
    try:
        drafts.take_up(request.user, _key(request))
        draft = _keep(request, form, writing)
        good = form.is_valid() and sending.is_valid()
        sent = _sent(request, writing, form, sending, draft) if good else None
    except drafts.Changed as found:
        words = _("This draft was changed in another window. Press Send again to send this one.")
        return _overtaken(request, writing, form, found.draft, words)
    except drafts.Gone:
        return _sent_before(request, writing, sending)
    except NotSendable as refused:
        return _refused(request, writing, form, refused)
    except Stopped as stopped:
        return _shown_again(request, writing, form, stopped.doubts)
    if sent is None:
        return _shown_again(request, writing, form)
    drafts.sent(request.user, draft, sent, sending.send_at)
    return leaving.leave(request, writing, sent, sending)


def _sent_before(request: Request, writing: Writing, sending: SendingForm) -> HttpResponse:
    """Pressed twice, or in another window as well, be it from another mailbox there: answered as
    the first time."""
    sent = drafts.sent_with(request.user, _key(request))
    if sent is None:
        return _gone(request)
    sending.is_valid()
    return leaving.leave(request, writing, sent, sending)


def _sent(
    request: Request,
    writing: Writing,
    form: ComposerForm,
    sending: SendingForm,
    draft: Draft,
) -> Email:
    """The e-mail, logged and due. Raises NotSendable, and Stopped where something speaks against it
    that was not seen yet."""
    typed = form.typed()
    email = _written(request, writing, form, typed, draft)
    later = sending.send_at
    email = replace(email, send_at=later, holds=bool(later and sending.cleaned_data["holds"]))
    found = guard.doubts(
        email,
        writing.scene,
        by=request.user,
        seen=sending.cleaned_data["seen"],
        text=typed.text,
        confirmed=sending.confirmed,
    )
    if found:
        raise Stopped(found)
    return composer.send(email, by=request.user)


def _written(
    request: Request,
    writing: Writing,
    form: ComposerForm,
    typed: content.Typed,
    draft: Draft,
) -> composer.NewEmail:
    """What was typed, as it is to be sent. Raises NotSendable."""
    place = writing.place
    said = content.finished(
        typed,
        form.cleaned_data["mailbox"].mailbox,
        answers=place.answers,
        forwards=place.forwards,
        files=draft.kept_files(),
    )
    template = Template.objects.filter(drafts=draft).first()
    return replace(_new_email(request, writing, form, said), template=template)


def _new_email(
    request: Request, writing: Writing, form: ComposerForm, said: content.Content
) -> composer.NewEmail:
    values, place = form.cleaned_data, writing.place
    return composer.NewEmail(
        mailbox=values["mailbox"].mailbox,
        sender=values["mailbox"].address,
        to=[values["to"]],
        cc=[values["cc"]],
        bcc=[values["bcc"]],
        subject=values["subject"],
        text=said.text,
        html=said.html,
        passed_on=said.passed_on,
        stored=said.files,
        answers=place.answers,
        idempotency_key=drafts.sending_key(values["key"]),
        on=[place.record] if isinstance(place.record, Company | Deal) else [],
        undo_seconds=request.user.undo_seconds,
    )


# --- what came along ------------------------------------------------------------------------------


def _key(request: Request) -> str:
    """By which the draft is known; one of our own where the form has lost it."""
    key = request.POST.get("key", "").replace("\0", "")[:64]
    return key or secrets.token_hex(16)


def _version(request: Request) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0
