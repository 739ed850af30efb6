"""`manage.py create_api_token`: one token and nothing else."""

import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from crm.models import ApiToken, User

pytestmark = pytest.mark.django_db


def test_it_prints_one_token(hana: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_api_token", hana.email.upper())
    printed = capsys.readouterr().out.split()
    assert len(printed) == 1
    assert ApiToken.user_of(printed[0]) == hana
    assert not ApiToken.objects.filter(digest__contains=printed[0]).exists()


def test_nobody_who_is_there_is_exit_code_2(hana: User) -> None:
    hana.change(is_active=False)
    for email in (hana.email, "nobody@x.test", ""):
        with pytest.raises(CommandError) as failed:
            call_command("create_api_token", email)
        assert failed.value.returncode == 2


@pytest.mark.once  # a process is one on both databases
def test_as_a_process_it_prints_the_token_alone(
    child_environment: dict[str, str], hana: User
) -> None:
    def run(email: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "create_api_token", email]
        return subprocess.run(command, env=child_environment, capture_output=True, text=True)

    made = run(hana.email)
    assert made.returncode == 0, made.stderr
    assert ApiToken.user_of(made.stdout.removesuffix("\n")) == hana
    refused = run("nobody@x.test")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Traceback" not in refused.stderr
