"""The answers that Twilio speaks, asks and sends: TwiML. Whatever a title holds stays text."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring  # nosec B405  written here, never read

from watchbill.connectors.callbacks import Answer

TIMES = 3  # the menu is said, and repeated twice
WAIT = 6  # seconds for a key
LONGEST = 1500  # letters in one answer to a message


def nothing() -> str:
    """Say nothing."""
    return _text(Element("Response"))


def hang_up(*said: str) -> str:
    """Say this, and end the call."""
    root = Element("Response")
    _say(root, said)
    SubElement(root, "Hangup")
    return _text(root)


def menu(first: Iterable[str], keys: str, *, action: str) -> str:
    """Say `first`, then the keys; a key may be pressed at any time. Silence repeats it twice, then the call ends."""
    root = Element("Response")
    for time in range(TIMES):
        gather = SubElement(root, "Gather", {"numDigits": "1", "action": action, "method": "POST", "timeout": str(WAIT)})
        _say(gather, [*first, keys] if time == 0 else ["Again.", *first, keys])
    _say(root, ["No key was pressed. The page goes on. Good-bye."])
    SubElement(root, "Hangup")
    return _text(root)


def message(text: str) -> str:
    """Answer by a text message; none where there is nothing to say."""
    root = Element("Response")
    if text:
        SubElement(root, "Message").text = _printable(text)[:LONGEST]
    return _text(root)


def answer(text: str) -> Answer:
    return Answer(200, text.encode(), "text/xml; charset=utf-8")


def _say(parent: Element, said: Iterable[str]) -> None:
    for each in said:
        if words := _printable(each):
            SubElement(parent, "Say", {"language": "en-US"}).text = words


def _printable(text: str) -> str:
    """Without what XML forbids."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _text(root: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(root, encoding="unicode")
