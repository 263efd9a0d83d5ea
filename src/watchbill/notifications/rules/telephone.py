"""Is this a telephone number? Written in full, as the world's numbering plan says (E.164). Pure."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


def e164(text: str) -> str:
    """The number in its one form, as +15005550011; empty when it cannot be one. It must begin with + and the country."""
    library = _library()
    try:
        number = library.parse(text, None)
    except library.NumberParseException:
        return ""
    return str(library.format_number(number, library.PhoneNumberFormat.E164)) if library.is_possible_number(number) else ""


def digits(number: int | str) -> str:
    """A number as it is read to somebody: digit by digit."""
    return " ".join(str(number))


@cache
def _library() -> Any:
    """80 ms and the plans of all countries: only for those who look at a number."""
    return importlib.import_module("phonenumbers")
