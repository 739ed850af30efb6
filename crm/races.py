"""What lost a race for rows is done again: on PostgreSQL two writers can meet at any commit.

Foreign keys are checked at the commit there, so who refers to a row that another has just erased
hears of it at the end; and of two that wait for one another one is stopped. Neither is a fault:
done again, on what is there by now, it goes through.
"""

from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, OperationalError, connection

Done = TypeVar("Done")
TRIES = 4
_STOPPED = {"40P01", "40001"}  # deadlock_detected, serialization_failure (PostgreSQL, appendix A)


def again(work: Callable[[], Done]) -> Done:
    """Do `work`, a transaction of its own, and once more as often as it loses a race. It has to
    read anew whatever another may have changed. Raises what it raised the last time."""
    for _left in range(TRIES - 1):
        try:
            return work()
        except (IntegrityError, ObjectDoesNotExist, OperationalError) as why:
            if connection.in_atomic_block or not is_lost_race(why):
                raise
    return work()


def is_lost_race(why: Exception) -> bool:
    gone = isinstance(why, IntegrityError | ObjectDoesNotExist)
    return gone or getattr(why.__cause__, "sqlstate", "") in _STOPPED
