"""The names of the world's time zones, as the IANA database has them: "Asia/Tokyo"."""

from functools import cache
from zoneinfo import available_timezones


@cache
def names() -> frozenset[str]:
    """Read from the disk once: it takes a walk through hundreds of files."""
    return frozenset(available_timezones())


def or_else(name: str, default: str) -> str:
    """The name, where there is such a zone."""
    return name if name in names() else default


def choices() -> list[tuple[str, str]]:
    """Those that a person would choose from, with the words of each."""
    chosen = (name for name in names() if "/" in name or name == "UTC")
    return [(name, name.replace("_", " ")) for name in sorted(chosen)]
