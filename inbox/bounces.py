"""What a delivery report says about an e-mail that was sent (M20)."""

from collections.abc import Iterable

from crm import notices
from crm.models import Email
from inbox.mime.types import Bounce


def record_bounce(bounce: Bounce, email: Email) -> None:
    """Note the server's words with each recipient that failed, and the e-mail as bounced.

    A report of a passing delay (RFC 3464 "delayed") leaves the e-mail as it is. A server that has
    given up after days says "failed" with a status 4.x.x. Its timeline is to be touched.
    """
    failed = {row.address.lower(): row for row in bounce.recipients if row.failed}
    for participant in email.participants.all():
        row = failed.get(participant.address.lower())
        if row:
            participant.status = Email.Status.BOUNCED
            participant.server_said = row.diagnostic or row.status
            participant.save(update_fields=["status", "server_said"])
    if failed:
        _tell(email, failed)
        email.status = Email.Status.BOUNCED
        email.error = next((row.diagnostic for row in failed.values() if row.diagnostic), "")
        email.save(update_fields=["status", "error"])


def _tell(email: Email, failed: Iterable[str]) -> None:
    """Whoever sent it, once for an e-mail."""
    if email.status != Email.Status.BOUNCED:
        values = {"email": email.pk, "subject": email.summary(), "address": ", ".join(failed)}
        notices.tell(email.activity.by, "bounced", **values)
