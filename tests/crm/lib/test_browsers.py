"""Which browser it is, by what it calls itself."""

import pytest

from crm.lib.browsers import named

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/145.0",
            "Firefox · Linux",
        ),
        (f"{WINDOWS}{WEBKIT}Chrome/142.0.0.0 Safari/537.36", "Chrome · Windows"),
        (f"{WINDOWS}{WEBKIT}Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge · Windows"),
        (
            f"Mozilla/5.0 (Linux; Android 10) {WEBKIT}Chrome/142 Safari/537.36",
            "Chrome · Android",
        ),
        ("Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) CriOS/142 Safari/604.1", "Chrome · iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18 Safari/605", "Safari · macOS"),
        ("curl/8.5 <script>", ""),
        ("", ""),
    ],
)
def test_a_browser_and_what_it_runs_on(agent: str, said: str) -> None:
    assert named(agent) == said
