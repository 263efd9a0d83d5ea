"""What does the body of a request say? JSON, read strictly enough that what was answered with 2xx can always be taken in later.

Lone surrogates are let through (whoever reads the text cleans it); everything else that JSON forbids is refused, and so is nesting deeper
than any monitor needs, since later readers recurse.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import msgspec

from watchbill.intake.rules import DEEPEST

COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # gzip, zstd
WIDE = (b"\xff\xfe", b"\xfe\xff")
DIGITS = 4300  # Python reads no longer ones
FAST = msgspec.json.Decoder()


class Unreadable(Exception):
    """The body is not the JSON that was expected. The message is a sentence for its sender."""


def decode(body: bytes) -> Any:
    """The value that the body holds. Raises Unreadable."""
    if body[:3] == b"\xef\xbb\xbf":  # some Windows clients begin with a byte order mark
        body = body[3:]
    try:
        value = FAST.decode(body)
    except (ValueError, RecursionError) as error:  # msgspec's errors, and UnicodeDecodeError, are ValueErrors
        value = _slowly(body, error)
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deep(value):
        raise Unreadable(f"The JSON is nested deeper than {DEEPEST} levels.")
    return value


def _slowly(body: bytes, error: Exception) -> Any:
    """The fast reader refuses lone surrogates; the standard library's does not."""
    if not body.strip():
        raise Unreadable("The body is empty. Expected JSON.") from error
    if body.startswith(COMPRESSED):
        raise Unreadable("The body is compressed. Send it as it is, without Content-Encoding.") from error
    if body.startswith(WIDE) or b"\0" in body[:2]:
        raise Unreadable("The body is in UTF-16 or UTF-32. Send it in UTF-8.") from error
    if isinstance(error, RecursionError):
        raise Unreadable(f"The JSON is nested deeper than {DEEPEST} levels.") from error
    if isinstance(error, UnicodeDecodeError):
        raise Unreadable("The body is not valid UTF-8. Send it in UTF-8.") from error
    if b"\\ud" not in body and b"\\uD" not in body:
        raise Unreadable(f"The body is not valid JSON: {error}.") from error
    try:
        return json.loads(body, parse_constant=_no_constant, parse_float=_number, parse_int=_whole)
    except RecursionError as deep:
        raise Unreadable(f"The JSON is nested deeper than {DEEPEST} levels.") from deep
    except ValueError as wrong:
        raise Unreadable(f"The body is not valid JSON: {wrong}.") from wrong


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(f"a number has more than {DIGITS} digits")
    return int(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _is_deep(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return any(isinstance(outer, (dict, list)) for outer in level)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, (dict, list))]
    if isinstance(value, list):
        return [inner for inner in value if isinstance(inner, (dict, list))]
    return []
