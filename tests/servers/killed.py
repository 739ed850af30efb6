"""Tests: the job of a `Forker` that kills itself at the Nth step: SIGKILL, with no clean-up.

    N look MAILBOX_ID
    N send OUTGOING_ID
    N step ENROLMENT_ID

A step is a call of one of the product's own functions, so a kill may stand between any two of
them, between two statements of the database and between two commands to a server. With N = 0 it
runs undisturbed and returns how many steps there are.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from django.utils import timezone

from inbox.models import Enrolment, Mailbox, Outgoing
from inbox.outreach import sequences
from inbox.sending import outbox
from inbox.sync import engine

ROOT = Path(__file__).resolve().parents[2]
OURS = (str(ROOT / "inbox"), str(ROOT / "crm"))


class Steps:
    """Counts, and kills at the one that is asked for."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.count = 0

    def __call__(self, frame: FrameType, event: str, _arg: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            self.count += 1
            if self.count == self.fatal:
                os.kill(os.getpid(), signal.SIGKILL)


def job(line: str) -> int:
    fatal, what, pk = line.split()
    steps = Steps(int(fatal))
    sys.setprofile(steps)
    if what == "look":
        engine.look(Mailbox.objects.get(pk=pk), force=True)
    elif what == "step":
        sequences.advance(Enrolment.objects.get(pk=pk), timezone.now())
    else:
        outbox.attempt(Outgoing.objects.get(pk=pk))
    sys.setprofile(None)
    return steps.count
