"""What travels from step to step of the wizard is sealed, and its writer's alone."""

import pytest
import time_machine

from crm.models import User
from inbox.connect import drafts


@pytest.mark.rule("M51")
def test_only_its_writer_opens_it_for_a_while(hana: User, ken: User) -> None:
    with time_machine.travel("2026-11-24 10:00", tick=False):
        sealed = drafts.seal({"password": "秘密 word", "since_days": 30}, hana)
        assert "秘密" not in sealed and "word" not in sealed
        assert drafts.opened(sealed, hana) == {"password": "秘密 word", "since_days": 30}
        assert drafts.opened(sealed, ken) == {}
        for wrong in ("", "x", "é", sealed[:-3]):
            assert drafts.opened(wrong, hana) == {}
    with time_machine.travel("2026-11-24 11:01"):
        assert drafts.opened(sealed, hana) == {}
