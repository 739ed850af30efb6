"""The shape of a conversation of the demo; what is said stands in the tables beside this."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Turn:
    """One message: by us or by them; `other` is somebody who was not in the conversation."""

    who: Literal["us", "them", "other"]
    text: str
    file: str = ""  # a name of inbox/demo/files.py
    html: str = ""
    kind: Literal["", "bounced", "auto_reply"] = ""


@dataclass(frozen=True)
class Script:
    """`{them}` is the contact as they are called, `{us}` our person, `{n}` a number."""

    subject: str
    turns: tuple[Turn, ...]

    @property
    def files(self) -> set[str]:
        return {turn.file for turn in self.turns if turn.file}
