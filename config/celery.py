"""The Celery app. Its tasks are only ticks: what is to be done stands in rows (docs/house.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("musubi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
