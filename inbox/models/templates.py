"""Template, TemplateFolder, Snippet and TemplateUse: what was written before (M24)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Activity, Email
from crm.models.attachments import FileRow
from crm.models.base import Timestamped, Trashable, TrashableQuerySet
from crm.models.emails import readable_by
from crm.models.visibility import MOST_LETTERS

if TYPE_CHECKING:
    from crm.models import User


def shared_stays(collector: Any, field: Any, rows: Any, using: str) -> None:
    """Of somebody whose account is deleted: what they shared stays, what was theirs alone goes."""
    models.SET_NULL(collector, field, rows.filter(shared=True), using)
    models.CASCADE(collector, field, rows.filter(shared=False), using)


class PrewrittenQuerySet(TrashableQuerySet):
    def _theirs(self, user: "User") -> Self:
        return self.filter(Q(owner=user) | Q(shared=True))

    def visible_to(self, user: "User") -> Self:
        """Their own and what is shared; what a colleague keeps private is so for admins as well."""
        return self.kept()._theirs(user)

    def trash_of(self, user: "User") -> Self:
        """What `user` could bring back."""
        rows = self.trashed()
        own = Q(owner=user)
        return rows.filter(own | Q(shared=True)) if user.is_admin else rows.filter(own)

    def search(self, words: str) -> Self:
        """Those that hold every word, in their name or in what they say."""
        found = self
        for word in words[:MOST_LETTERS].split()[:8]:
            found = found.filter(self._holding(word))
        return found

    def _holding(self, word: str) -> Q:
        return Q(name__icontains=word) | Q(text__icontains=word)


class Prewritten(Timestamped, Trashable):
    """What a template and a snippet share. `html` is what is inserted, `text` the same in plain
    text (`inbox.outreach.writing` keeps them equal); both may hold merge fields."""

    name = models.CharField(_("name"), max_length=150)
    owner = models.ForeignKey(
        "crm.User", shared_stays, null=True, blank=True, related_name="%(class)ss"
    )
    shared = models.BooleanField(_("shared with everybody"), default=False)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)

    objects: ClassVar[Any] = PrewrittenQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def changed_by(self, user: "User") -> bool:
        """Its owner changes it; what is shared, admins as well. Others may duplicate it."""
        return self.owner_id == user.pk or (self.shared and user.is_admin)


class TemplateQuerySet(PrewrittenQuerySet):
    def _holding(self, word: str) -> Q:
        return super()._holding(word) | Q(subject__icontains=word)


class Template(Prewritten):
    """A prewritten e-mail."""

    folder = models.ForeignKey(
        "inbox.TemplateFolder", models.SET_NULL, null=True, blank=True, related_name="templates"
    )
    language = models.CharField(_("language"), max_length=8, blank=True)  # "": any
    subject = models.CharField(_("subject"), max_length=900, blank=True)

    objects: ClassVar[Any] = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("template"), _("templates")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name", "id"], name="template_by_name")]

    def get_absolute_url(self) -> str:
        return reverse("inbox:template", args=[self.pk])


class TemplateFolderQuerySet(TrashableQuerySet):
    def with_counts(self, user: "User") -> Self:
        """With `count`, how many templates `user` sees in each."""
        seen = Template.objects.visible_to(user).values("pk")
        counted = Count("templates", filter=Q(templates__in=seen))
        return self.kept().annotate(count=counted)


class TemplateFolder(Timestamped, Trashable):
    """A drawer of the whole organisation; each sees the templates in it that they may see."""

    name = models.CharField(_("name"), max_length=100)

    objects: ClassVar[Any] = TemplateFolderQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("template folder"), _("template folders")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class TemplateFile(FileRow):
    """A file that goes out with a template. Where that goes with its owner's account, it waits for
    the purge, which lets the bytes go."""

    ADRIFT = Q(template=None)
    template = models.ForeignKey(
        Template, models.SET_NULL, null=True, blank=True, related_name="files"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("file of a template"), _("files of templates")
        ordering = ["id"]


class SnippetQuerySet(PrewrittenQuerySet):
    def _holding(self, word: str) -> Q:
        return super()._holding(word) | Q(shortcut__icontains=word)


class Snippet(Prewritten):
    """A few words that are inserted while writing: `;thanks`. One's own comes before a shared one
    of the same shortcut."""

    shortcut = models.CharField(_("shortcut"), max_length=30)

    objects: ClassVar[Any] = SnippetQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("snippet"), _("snippets")
        ordering = ["shortcut", "id"]


class Counts(NamedTuple):
    """How often a template was used, and how many of those e-mails were answered."""

    used: int = 0
    replied: int = 0

    @property
    def percent(self) -> int | None:
        return round(100 * self.replied / self.used) if self.used else None


class TemplateUseQuerySet(models.QuerySet["TemplateUse"]):
    def counts(self, templates: Iterable[Template], viewer: "User") -> dict[int, Counts]:
        """By template, in one query, over the e-mails that `viewer` may read: a number that moved
        with a colleague's private letter would tell of it, and of its answer (M53).

        What was taken back before it left is no use; an automatic reply is no answer.
        """
        seen = Activity.objects.visible_to(viewer).filter(pk=OuterRef("email"))
        rows = self.filter(Exists(seen), readable_by(viewer, "email__"), template__in=templates)
        rows = rows.exclude(email__status=Email.Status.CANCELLED)
        counted = rows.values("template").annotate(
            used=Count("pk"), replied=Count("pk", filter=Exists(_answers(viewer)))
        )
        return {row["template"]: Counts(row["used"], row["replied"]) for row in counted.order_by()}


def _answers(viewer: "User") -> Any:
    """What came back in the thread of a use, later, written by a person."""
    return Email.objects.filter(
        readable_by(viewer),
        thread=OuterRef("email__thread"),
        direction=Email.Direction.INCOMING,
        auto_reply=False,
        activity__deleted_at=None,
        activity__at__gt=OuterRef("email__activity__at"),
    )


class TemplateUse(models.Model):
    """An e-mail that was written with a template."""

    template = models.ForeignKey(Template, models.CASCADE, related_name="uses")
    email = models.OneToOneField(Email, models.CASCADE, related_name="template_use")

    objects: ClassVar[Any] = TemplateUseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("use of a template"), _("uses of templates")
        ordering = [F("pk").desc()]

    def __str__(self) -> str:
        return f"template {self.template_id} in e-mail {self.email_id}"
