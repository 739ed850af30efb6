"""System mail: what somebody must know who is not looking at the bell (M37).

A notice with a time for its mail is a due row; a mail server that fails changes that time.
"""

import logging
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from crm import notices
from crm.models import Notice

log = logging.getLogger(__name__)


def mail_due(now: datetime) -> None:
    """Mail what is due. What fails is due again later, and no other waits for it."""
    for notice in Notice.objects.mail_due(now).select_related("user"):
        if not notice.claim_mail(now):
            continue
        try:
            written(notice).send()
            notice.mailed()
        except Exception as why:  # whatever a mail server does, the next notice is mailed
            fields = {"notice": notice.pk, "error_code": type(why).__name__}
            log.warning("a notice was not mailed", extra=fields)


def written(notice: Notice) -> EmailMessage:
    """In the language and the zone of whoever gets it; nothing of any mail is in it."""
    with notice.user.preferences():
        said = notices.shown(notice)
        title = " ".join(said.title.split())  # a subject is one line
        link = urljoin(settings.SITE_URL, said.link or "/notifications/")
        greeting = _("Hello {name},").format(name=notice.user.name)
        lines = [greeting, title, said.body, link, "Musubi"]
    text = "\n\n".join(line for line in lines if line) + "\n"
    robot = {"Auto-Submitted": "auto-generated"}  # so that no holiday notice answers it
    return EmailMessage(title, text, to=[notice.user.email], headers=robot)
