"""What every REST body and query shares: only values that any database of ours can store."""

import json
import math
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from ninja import Schema
from ninja.parser import Parser
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator

DEEPEST = 32  # objects and lists in one another
TOO_DEEP = f"JSON may be nested {DEEPEST} levels deep at most."
_AMOUNT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def storable(value: Any) -> Any:
    """The value; ValueError where PostgreSQL would refuse it (NUL, half a character, NaN), and
    where it is nested deeper than what writes JSON can follow."""
    for leaf, depth in _leaves(value):
        if depth > DEEPEST:
            raise ValueError(TOO_DEEP)
        if isinstance(leaf, str) and ("\0" in leaf or not _is_text(leaf)):
            raise ValueError("Text may hold neither NUL nor half of a surrogate pair.")
        if isinstance(leaf, float) and not math.isfinite(leaf):
            raise ValueError("JSON knows neither NaN nor infinite numbers.")
    return value


def _is_amount(value: Any) -> Any:
    """Not what Decimal would take as well: true, "1_000", "NaN", figures of other scripts."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or plain or (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        return value
    raise ValueError("Give an amount such as 48000 or 48000.50.")


def _is_day(value: Any) -> Any:
    """Not a number of seconds, nor a time of day, which pydantic would take as well."""
    if value is None or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("Give a day as 2027-01-31.")


def _is_currency(value: str) -> str:
    if not (len(value) == 3 and value.isascii() and value.isalpha()):
        raise ValueError("Give a currency of three letters, such as EUR.")
    return value.upper()


def _is_address(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        words = "This is no e-mail address. One looks like ann@example.com."
        raise ValueError(words) from None
    return value


Text = Annotated[str, AfterValidator(storable)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PartOfName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Address = Annotated[str, Field(max_length=254), AfterValidator(_is_address)]
Amount = Annotated[Decimal, Field(max_digits=14, decimal_places=2)]
Money = Annotated[Amount | None, BeforeValidator(_is_amount)]
Day = Annotated[date | None, BeforeValidator(_is_day)]
Currency = Annotated[str, AfterValidator(_is_currency)]


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


def _leaves(value: Any) -> Iterator[tuple[Any, int]]:
    """Every key and value inside, and in how many objects and lists each lies; a loop, since JSON
    may be nested deeper than Python's stack."""
    waiting = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, dict):
            inside = [*each.keys(), *each.values()]
        elif isinstance(each, list):
            inside = each
        else:
            yield each, depth
            continue
        waiting += [(one, depth + 1) for one in inside]


def _is_text(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in value)
