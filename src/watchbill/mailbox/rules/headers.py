"""What do the headers of a mail or of a part of one say? Hostile text, within a length. Pure, and never raises."""

from __future__ import annotations

import codecs
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

from watchbill.intake.rules import clean

ODD = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})  # codecs of Python that no mail is in
LONGEST = 4_000  # characters of one header


def decoded(value: str) -> str:
    """A header as text: encoded words are read, folded lines joined, whatever is broken stays as it is."""
    value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, LookupError):
        pieces = [(value, None)]
    said = "".join(piece if isinstance(piece, str) else text_in(piece, charset) for piece, charset in pieces)
    return clean(" ".join(said.split()))[:LONGEST]


def text_in(raw: bytes, charset: str | None) -> str:
    """Bytes in whatever they say that they are in."""
    try:
        return raw.decode(charset if charset and codecs.lookup(charset).name not in ODD else "utf-8")
    except (LookupError, ValueError):  # no such charset, or not in it
        try:
            return raw.decode("utf-8")
        except ValueError:
            return raw.decode("latin-1")


def type_of(part: Message) -> str:
    """What it says that it is; plain text where that cannot be read."""
    try:
        return part.get_content_type().lower()
    except Exception:  # noqa: BLE001
        return "text/plain"


def cut_long(part: Message) -> None:
    """What says how a part is to be read is short; thousands of parameters are a bomb."""
    for name in ("content-type", "content-disposition"):
        value = str(part.get(name, ""))
        if len(value) > LONGEST:
            part.replace_header(name, value[:LONGEST])
