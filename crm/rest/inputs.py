"""What every REST body and query shares: only values that any database of ours can store."""

import json
import math
from collections.abc import Iterator
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Schema
from ninja.parser import Parser
from pydantic import AfterValidator, field_validator


def storable(value: Any) -> Any:
    """The value; ValueError where PostgreSQL would refuse it (NUL, half a character, NaN)."""
    for leaf in _leaves(value):
        if isinstance(leaf, str) and ("\0" in leaf or not _is_text(leaf)):
            raise ValueError("Text may hold neither NUL nor half of a surrogate pair.")
        if isinstance(leaf, float) and not math.isfinite(leaf):
            raise ValueError("JSON knows neither NaN nor infinite numbers.")
    return value


Text = Annotated[str, AfterValidator(storable)]


class ObjectParser(Parser):
    """Bodies are JSON objects: ninja would take the attributes of a list or a text for fields."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = json.loads(request.body)
        if not isinstance(body, dict):
            raise ValueError("not an object")
        return body


class Body(Schema):
    """A request body. Nested bodies are looked at by themselves, so that errors name the place."""

    @field_validator("*", mode="after")
    @classmethod
    def _only_storable(cls, value: Any) -> Any:
        return storable(value)


def _leaves(value: Any) -> Iterator[Any]:
    """Every key and value inside; a loop, since JSON may be nested deeper than Python's stack."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            waiting += each
        else:
            yield each


def _is_text(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in value)
