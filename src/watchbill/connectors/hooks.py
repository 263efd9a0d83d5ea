"""A webhook that is only a hint: is it proved, and does it hold an object? Nothing in it is believed but that something happened."""

from __future__ import annotations

from typing import Any

from watchbill.connectors import bodies
from watchbill.connectors.callbacks import Call
from watchbill.intake.rules import clean_deeply
from watchbill.kernel.errors import Invalid, NotSignedIn

LARGEST = 4 * 1024 * 1024


def object_in(call: Call, *, proved: bool, expected: str) -> dict[str, Any]:
    """What the body says. Raises NotSignedIn for one that is not proved, else Invalid."""
    if not proved:
        raise NotSignedIn(f"This is not proved: {expected}")
    if call.method != "POST" or len(call.body) > LARGEST:
        raise Invalid("Expected a POST of at most 4 MB.")
    try:
        said = bodies.decode(call.body)
    except bodies.Unreadable as error:
        raise Invalid(str(error)) from error
    if not isinstance(said, dict):
        raise Invalid("The body is no JSON object.")
    return dict(clean_deeply(said))
