"""Which browser, on what: enough to know one's own again in a list of sessions.

Anybody writes a User-Agent as they like, so no word of it is shown, only names that stand here.
"""

from collections.abc import Sequence

# The first that is found: most call themselves Chrome and Safari as well.
PROGRAMS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet")),
    *(("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome")),
    *(("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS")),
    *(("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def named(agent: str) -> str:
    """named("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0") ==
    "Firefox · Linux"; "" where nothing is known of it."""
    return " · ".join(filter(None, (_first(PROGRAMS, agent), _first(SYSTEMS, agent))))


def _first(known: Sequence[tuple[str, str]], agent: str) -> str:
    return next((name for sign, name in known if sign in agent), "")
