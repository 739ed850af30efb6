"""The kinds of activity that people write by hand: Note."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.activities import ActivityDetail

if TYPE_CHECKING:
    from crm.models.users import User


class Note(ActivityDetail):
    text = models.TextField(_("text"))

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        return self.text[:200]

    def seen_by(self, user: "User") -> bool:
        return True

    def export(self) -> dict[str, Any]:
        return {"text": self.text}
