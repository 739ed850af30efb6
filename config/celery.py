"""The Celery app. Its tasks are only ticks: what is to be done stands in rows (docs/house.md)."""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("musubi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def log_as_everywhere(**_options: Any) -> None:
    """Celery would put a handler of its own in the place of ours, and fill in its lines."""
    dictConfig(settings.LOGGING)


setup_logging.connect(log_as_everywhere)
