"""What a delivery report says about an e-mail that was sent (M20)."""

from collections.abc import Iterable, Iterator, Mapping

from crm import notices
from crm.models import Email, Participant
from inbox.mime.types import Bounce, BounceRecipient


def record_bounce(bounce: Bounce, email: Email) -> None:
    """Note the server's words with each recipient that failed, and the e-mail as bounced.

    A report of a passing delay (RFC 3464 "delayed") leaves the e-mail as it is. A server that has
    given up after days says "failed" with a status 4.x.x. Its timeline is to be touched.
    """
    failed = {row.address.lower(): row for row in bounce.recipients if row.failed}
    for participant, row in _whom(email, failed):
        participant.status = Email.Status.BOUNCED
        participant.server_said = row.diagnostic or row.status
        participant.save(update_fields=["status", "server_said"])
    if failed:
        _tell(email, failed)
        email.status = Email.Status.BOUNCED
        email.error = next((row.diagnostic for row in failed.values() if row.diagnostic), "")
        email.save(update_fields=["status", "error"])


def _whom(
    email: Email, failed: Mapping[str, BounceRecipient]
) -> Iterator[tuple[Participant, BounceRecipient]]:
    """Each of its people who was not reached: by the address that it was written to, or that it was
    led to by an alias. Who was its only recipient is meant, whatever their server calls them."""
    originals = {row.original.lower(): row for row in failed.values() if row.original}
    by_address = {**originals, **failed}
    people = list(email.participants.all())
    readers = [each for each in people if each.role in Participant.READERS]
    found = [(p, by_address[a]) for p in people if (a := p.address.lower()) in by_address]
    if failed and not found and len(readers) == 1:
        found = [(readers[0], next(iter(failed.values())))]
    yield from found


def _tell(email: Email, failed: Iterable[str]) -> None:
    """Whoever sent it, once for an e-mail."""
    if email.status != Email.Status.BOUNCED:
        values = {"email": email.pk, "subject": email.summary(), "address": ", ".join(failed)}
        notices.tell(email.activity.by, "bounced", **values)
