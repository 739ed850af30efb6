"""What is counted for Prometheus: how much was read and sent, what waits. Never whose, nor what.

Counters grow in whichever process does the work; with PROMETHEUS_MULTIPROC_DIR set, the web part
adds up all processes of its machine. What waits is asked of the database when it is scraped.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from crm.models import Heartbeat
from inbox.models import Mailbox, Outgoing, Quarantined

log = logging.getLogger(__name__)

LOOKS = Counter("musubi_looks", "Looks at a mailbox that went through.")
FAILED_LOOKS = Counter("musubi_looks_failed", "Looks that did not, by kind of fault.", ["fault"])
HEADERS = Counter("musubi_headers_read", "Header blocks that were looked at.")
BODIES = Counter("musubi_bodies_read", "Bodies that a rule allowed to be read.")
LOGGED = Counter("musubi_emails_logged", "E-mails put on timelines by looks.")
LOOKING = Histogram("musubi_look_seconds", "How long a look took.", buckets=(0.1, 0.5, 2, 10, 60))
SENDS = Counter("musubi_sends", "Attempts to send, by how each ended.", ["state"])
REQUESTS = Histogram(
    "musubi_http_request_seconds",
    "How long a page or an API call took, by route.",
    ["method", "route", "status"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def looked(mailbox: Mailbox, receipt: Mapping[str, float]) -> None:
    """A look went through; `receipt` is the visit's, as a dict."""
    LOOKS.inc()
    HEADERS.inc(receipt["headers_read"])
    BODIES.inc(receipt["bodies_read"])
    LOGGED.inc(receipt["logged"])
    LOOKING.observe(receipt["seconds"])
    log.info("looked at a mailbox", extra={"mailbox": mailbox.pk, **receipt})


def not_looked(mailbox: Mailbox, why: Exception) -> None:
    """A look did not go through; the mailbox's row says more to its owner."""
    FAILED_LOOKS.labels(type(why).__name__).inc()
    said = {"mailbox": mailbox.pk, "error_code": type(why).__name__}
    log.info("a look did not go through", extra=said)


def sent(outgoing: Outgoing) -> None:
    """An attempt to send ended in this state."""
    SENDS.labels(str(outgoing.state)).inc()
    said = {"outgoing": outgoing.pk, "mailbox": outgoing.mailbox_id}
    log.info("an attempt to send ended", extra=said | {"state": str(outgoing.state)})


class Waiting(Collector):
    """What waits at this moment: six queries, however much there is."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        now = timezone.now()
        yield from _mailboxes(now)
        yield from _queue(now)
        quarantined = Quarantined.objects.count()
        yield GaugeMetricFamily("musubi_quarantined", "Messages put aside.", quarantined)
        ages = GaugeMetricFamily(
            "musubi_heartbeat_age_seconds", "Since a part was last heard of.", labels=["part"]
        )
        for part, at in Heartbeat.objects.values_list("part", "at"):
            ages.add_metric([part], (now - at).total_seconds())
        yield ages


def _mailboxes(now: datetime) -> Iterable[GaugeMetricFamily]:
    count = GaugeMetricFamily("musubi_mailboxes", "Mailboxes by state.", labels=["state"])
    lag = GaugeMetricFamily(
        "musubi_mailbox_lag_seconds",
        "Since the last success of the mailbox that has waited longest, by state.",
        labels=["state"],
    )
    rows = Mailbox.objects.order_by().values("state").annotate(Count("pk"), Min("last_synced_at"))
    for row in rows:
        count.add_metric([row["state"]], row["pk__count"])
        if row["last_synced_at__min"]:
            lag.add_metric([row["state"]], _age(row["last_synced_at__min"], now))
    late = Mailbox.objects.due_a_look(now).aggregate(at=Min("next_look_at"))["at"]
    words = "How late the look is that is overdue longest."
    yield from (count, lag, GaugeMetricFamily("musubi_look_late_seconds", words, _age(late, now)))


def _queue(now: datetime) -> Iterable[GaugeMetricFamily]:
    due = Outgoing.objects.due(now).order_by().aggregate(at=Min("due_at"), number=Count("pk"))
    yield GaugeMetricFamily("musubi_send_due", "E-mails due to be sent.", due["number"])
    words = "How late the e-mail is that is overdue longest."
    yield GaugeMetricFamily("musubi_send_late_seconds", words, _age(due["at"], now))


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def scraped() -> bytes:
    """All of it in Prometheus' text format."""
    registry: Any = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it registers itself
    waiting = CollectorRegistry()
    waiting.register(Waiting())
    return generate_latest(registry) + generate_latest(waiting)
