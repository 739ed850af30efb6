"""Every tick on one page: what beat asks, and how often, to find the rows that have come due.

The options say `expire_seconds` (django-celery-beat's word): its database scheduler silently
drops Celery's own `expires`, and ticks that nobody took would then pile up while a worker is away.
"""

from typing import Any

from celery.schedules import crontab

_STALE = {"expire_seconds": 10}  # a tick not taken within 10 s is worthless: the next is on its way

BEAT: dict[str, dict[str, Any]] = {
    "look at due mailboxes": {
        "task": "inbox.tasks.look_at_due_mailboxes",
        "schedule": 5.0,
        "options": _STALE,
    },
    "send what is due": {
        "task": "inbox.tasks.send_due",
        "schedule": 5.0,
        "options": _STALE,
    },
    "keep what lies in the Trash from leaving": {  # M32
        "task": "inbox.tasks.keep_trashed_from_leaving",
        "schedule": 15.0,
        "options": _STALE,
    },
    "mail codes to sender addresses": {  # M52
        "task": "inbox.tasks.send_codes",
        "schedule": 5.0,
        "options": _STALE,
    },
    "take the steps of sequences that are due": {  # M25
        "task": "inbox.tasks.advance_due_enrolments",
        "schedule": 5.0,
        "options": _STALE,
    },
    "the worker's heartbeat": {
        "task": "crm.tasks.heartbeat",
        "schedule": 10.0,
        "options": _STALE,
    },
    "mail what people must know": {  # M37
        "task": "crm.tasks.mail_notices",
        "schedule": 30.0,
        "options": {"expire_seconds": 30},
    },
    "count conversations anew": {  # what was there before, and what went with its mailbox
        "task": "crm.tasks.count_conversations",
        "schedule": 30.0,
        "options": {"expire_seconds": 30},
    },
    "test mails to oneself": {  # M50
        "task": "inbox.tasks.fly_canaries",
        "schedule": 15.0,
        "options": _STALE,
    },
    "archives and erasures that were asked for": {  # M36, M59
        "task": "inbox.tasks.serve_privacy_requests",
        "schedule": 5.0,
        "options": _STALE,
    },
    "forget what can be taken back no more": {  # M32: it says what rows were before
        "task": "crm.tasks.forget_undo",
        "schedule": 600.0,
        "options": {"expire_seconds": 30},
    },
    "forget sessions that have ended": {
        "task": "crm.tasks.forget_sessions",
        "schedule": 3600.0,
        "options": {"expire_seconds": 30},
    },
    "the watchdog": {  # M50
        "task": "inbox.tasks.watch_over",
        "schedule": 60.0,
        "options": {"expire_seconds": 30},
    },
    "purge what has had its time": {  # M28 to M32, M34
        "task": "inbox.tasks.purge",
        "schedule": crontab(hour="3", minute="17"),
    },
}
