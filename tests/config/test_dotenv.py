"""The keys of a first start: written once, for their owner alone, never over what is given."""

import stat
from pathlib import Path

from cryptography.fernet import Fernet

from config import dotenv


def values(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def test_a_first_start_writes_keys_that_work_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert dotenv.complete(file, {}) == ["SECRET_KEY", "FERNET_KEYS", "MESSAGE_ID_KEYS"]
    written = values(file)
    assert written["HTTPS"] == "false"
    assert len(written["SECRET_KEY"]) >= 50
    assert written["SECRET_KEY"] != written["MESSAGE_ID_KEYS"]
    assert Fernet(written["FERNET_KEYS"]).encrypt(b"secret")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    dotenv.complete(file, {})
    before = file.read_text()
    assert dotenv.complete(file, {}) == []
    assert file.read_text() == before


def test_what_the_environment_has_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    given = {"SECRET_KEY": "a", "FERNET_KEYS": "b", "MESSAGE_ID_KEYS": "c"}
    assert dotenv.complete(file, given) == []
    assert not file.exists()
    assert dotenv.complete(file, {**given, "FERNET_KEYS": ""}) == ["FERNET_KEYS"]


def test_a_file_made_by_hand_keeps_its_lines_and_gets_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SECRET_KEY=mine\nFERNET_KEYS=\n#MESSAGE_ID_KEYS=x\nPORT=8001")
    assert dotenv.complete(file, {}) == ["FERNET_KEYS", "MESSAGE_ID_KEYS"]
    written = values(file)
    assert (written["SECRET_KEY"], written["PORT"]) == ("mine", "8001")
    assert Fernet(written["FERNET_KEYS"])
    assert "HTTPS" not in written
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
