"""What is logged serves the record alone (M19): only the named rooms can reach the network."""

import ast

import pytest

from tests.house.test_house import MODULES, name, tree

REACH_OUT = {
    *("socket", "ssl", "http.client", "urllib.request", "smtplib", "imaplib", "imapclient"),
    *("ftplib", "asyncio", "requests", "httpx", "aiohttp", "urllib3", "websockets", "sentry_sdk"),
}
# Mail servers and a mail's pictures, in their own rooms; the processes of the system themselves.
ROOMS = ("inbox/wire/", "inbox/connect/", "config/")


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return []


@pytest.mark.rule("M19")
@pytest.mark.parametrize("path", [p for p in MODULES if not name(p).startswith(ROOMS)], ids=name)
def test_who_handles_what_mail_says_has_no_way_out(path: object) -> None:
    named = [each for node in ast.walk(tree(path)) for each in imported(node)]  # type: ignore[arg-type]
    out = {each for each in named if each in REACH_OUT or each.partition(".")[0] in REACH_OUT}
    pure = {"imapclient.imap_utf7"}  # how folders' names are spelled
    assert not out - pure, "what a person wrote is shown on the record and goes nowhere else"
