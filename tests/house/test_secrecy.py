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
def test_who_handles_what_mail_says_has_no_way_out() -> None:
    pure = {"imapclient.imap_utf7"}  # how folders' names are spelled
    for path in MODULES:
        if name(path).startswith(ROOMS):
            continue
        named = {each for node in ast.walk(tree(path)) for each in imported(node)}
        out = {each for each in named if each in REACH_OUT or each.partition(".")[0] in REACH_OUT}
        assert not out - pure, f"{name(path)}: what a person wrote is shown on the record alone"
