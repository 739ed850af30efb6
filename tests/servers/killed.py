"""Tests: the job of a `Forker` that kills itself at the Nth step: SIGKILL, with no clean-up.

    N look MAILBOX_ID
    N send OUTGOING_ID
    N step ENROLMENT_ID
    N look MAILBOX_ID STOP       it is frozen there, and goes on when it is sent SIGCONT
    N look MAILBOX_ID BETWEEN    the same, at the next step where no transaction is open
    N look MAILBOX_ID WITHIN     the same, at the next step where one is

A step is a call of one of the product's own functions, so a kill may stand between any two of
them, between two statements of the database and between two commands to a server. With N = 0 it
runs undisturbed and returns how many steps there are.
"""

import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from inbox.models import Enrolment, Mailbox, Outgoing
from inbox.outreach import sequences
from inbox.sending import outbox
from inbox.sync import engine

ROOT = Path(__file__).resolve().parents[2]
# Loaded here: a step is one of the job, none of loading the addresses that it asks for.
import_module(settings.ROOT_URLCONF)
OURS = (str(ROOT / "inbox"), str(ROOT / "crm"))


class Steps:
    """Counts, and kills (or freezes) at the one that is asked for."""

    def __init__(self, fatal: int, how: str) -> None:
        self.fatal = fatal
        self.how = how
        self.sign = signal.SIGKILL if how == "KILL" else signal.SIGSTOP
        self.count = 0

    def __call__(self, frame: FrameType, event: str, _arg: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            self.count += 1
            if 0 < self.fatal <= self.count and self._is_there():
                self.fatal = 0
                os.kill(os.getpid(), self.sign)

    def _is_there(self) -> bool:
        """Within a transaction the database keeps others off until whoever is frozen is gone."""
        wanted = {"BETWEEN": False, "WITHIN": True}.get(self.how)
        return wanted is None or connection.in_atomic_block is wanted


def job(line: str) -> int:
    fatal, what, pk, *how = line.split()
    steps = Steps(int(fatal), *how or ["KILL"])
    sys.setprofile(steps)
    if what == "look":
        engine.look(Mailbox.objects.get(pk=pk), force=True)
    elif what == "step":
        sequences.advance(Enrolment.objects.get(pk=pk), timezone.now())
    else:
        outbox.attempt(Outgoing.objects.get(pk=pk))
    sys.setprofile(None)
    return steps.count
