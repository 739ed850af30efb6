"""Variables of the environment that settings.py takes only where they make sense.

Each raises ImproperlyConfigured with the variable's name, what it holds and what it may hold: a
limit below zero would erase at once what was just deleted, one beyond the calendar stops purging.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

YEAR = 366  # days


def whole(env: environ.Env, name: str, default: int, *, least: int = 0, most: int) -> int:
    """A whole number from `least` to `most`."""
    given = env.str(name, default="").strip() or str(default)
    try:
        number = int(given)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name}={given}: a whole number from {least} to {most}.")
    return number


def several(env: environ.Env, name: str, **more: Any) -> list[str]:
    """At least one word, separated by commas."""
    found = [word for word in env.list(name, **more) if word.strip()]
    if not found:
        raise ImproperlyConfigured(f"{name} is empty: at least one, several with commas between.")
    return found


def database(env: environ.Env, name: str, default: str) -> dict[str, Any]:
    found: dict[str, Any] = env.db_url(name, default=default)
    if not found.get("ENGINE"):
        raise ImproperlyConfigured(
            f"{name}: write sqlite:///PATH or postgres://USER:PASSWORD@HOST/DB"
        )
    return found


def file(env: environ.Env, name: str) -> str:
    """The path of a file that is there; "" for none."""
    path: str = env.str(name, default="")
    if path and not Path(path).is_file():
        raise ImproperlyConfigured(f"{name}={path}: there is no such file.")
    return path
