"""Reason: why a body may be read (M6, M13). A frozen value, the only key to a body."""

from dataclasses import dataclass
from typing import Literal

Rule = Literal["reply", "folder", "bcc", "forward", "contact"]


@dataclass(frozen=True)
class Reason:
    """What allowed a body to be read; made in `sync/rules.py` alone (a house test says so).

    `known_id` is the Message-ID that the CRM held and that the message referred to; only a reply
    has one.
    """

    rule: Rule
    known_id: str = ""
