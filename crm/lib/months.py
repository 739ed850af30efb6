"""Calendar months, in the time zone of whoever counts them."""

from datetime import datetime, tzinfo


def start_of_month(moment: datetime, zone: tzinfo, *, back: int = 0) -> datetime:
    """Midnight at which the month of `moment` began in `zone`, or the one `back` months before.

    >>> from datetime import UTC
    >>> start_of_month(datetime(2024, 3, 31, 23, tzinfo=UTC), UTC, back=1).isoformat()
    '2024-02-01T00:00:00+00:00'
    """
    local = moment.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 - back, 12)
    return datetime(year, month + 1, 1, tzinfo=zone)
