"""The database or the cache is away for a moment: restarted, replaced, out of connections.

Whoever asks is told to come again, and when; what they did was not done, and nothing is broken.
"""

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from redis.exceptions import RedisError

# Django lets psycopg's own errors through where a lost connection is asked for its version or zone.
DATABASE_AWAY = (
    *(OperationalError, InterfaceError),
    *(psycopg.OperationalError, psycopg.InterfaceError),
)
AWAY = (*DATABASE_AWAY, RedisError)
RETRY_AFTER = 5  # seconds: as long as a restart takes


def come_again(answer: HttpResponse) -> HttpResponse:
    """Make an answer say 503, and when to try again (RFC 9110, 10.2.3)."""
    answer.status_code = 503
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer
