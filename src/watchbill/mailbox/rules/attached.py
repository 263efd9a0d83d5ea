"""What is attached to a mail, by number: its names, and one of them as bytes. Pure, and in the time that searching the bytes takes.

Nothing is opened: the mail is cut at its boundaries, only the head of each part is read, and a part is decoded when somebody asks for it.
"""

from __future__ import annotations

import binascii
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.policy import compat32
from itertools import islice

from watchbill.intake.rules import short
from watchbill.mailbox.rules.headers import cut_long, decoded, type_of

MOST = 100  # parts that are looked at, whatever is in what
DEEPEST = 6  # parts within parts
HEAD = 16 * 1024  # bytes of the head of one part
NAMES = 50  # attachments of one mail that have a number
LONGEST_BOUNDARY = 200  # the standard says 70
_blank = re.compile(rb"\r?\n\r?\n")
NAMELESS = "attachment"
TEXTS = frozenset({"text/plain", "text/html"})


@dataclass(frozen=True, slots=True)
class Attached:
    """One part. `start` and `end`: where its body stands in the mail; `coded`: how it was made fit for a mail."""

    name: str
    start: int
    end: int
    coded: str


def attached(raw: bytes) -> tuple[Attached, ...]:
    """What is attached, in the order of the mail. Never raises: what cannot be read has no number."""
    left = iter(range(MOST))
    return tuple(islice(_parts(raw, 0, len(raw), DEEPEST, left), NAMES))


def content_of(raw: bytes, number: int) -> tuple[str, bytes] | None:
    """Name and bytes of the attachment of that number, from 0. None when there is none."""
    found = attached(raw)
    if not 0 <= number < len(found):
        return None
    part = found[number]
    return part.name, _decoded(raw[part.start : part.end], part.coded)


def _parts(raw: bytes, start: int, end: int, deep: int, left: Iterator[int]) -> Iterator[Attached]:
    if next(left, None) is None:
        return
    head, body = _head_of(raw, start, end)
    kind, boundary = short(type_of(head), 100), _boundary(head)
    if kind.startswith("multipart/") and boundary and deep > 0:
        for inner_start, inner_end in _cut(raw, boundary, body, end):
            yield from _parts(raw, inner_start, inner_end, deep - 1, left)
        return
    name = _name(head)
    if name or kind not in TEXTS:
        yield Attached(
            kind if name == NAMELESS and kind not in TEXTS else name or kind,
            body,
            end,
            str(head.get("content-transfer-encoding", "")).strip().lower()[:40],
        )


def _head_of(raw: bytes, start: int, end: int) -> tuple[Message, int]:
    """The head of the part, read, and where its body begins."""
    if raw.startswith(b"\n", start) or raw.startswith(b"\r\n", start):
        return Message(), raw.index(b"\n", start) + 1
    blank = _blank.search(raw, start, end)
    text = raw[start : min(start + HEAD, blank.start() if blank else end)]
    try:
        message: Message = email.message_from_bytes(text + b"\n\n", policy=compat32)
        cut_long(message)
    except Exception:  # noqa: BLE001  the parser of the standard library fails in many ways on what is no mail
        message = Message()
    return message, blank.end() if blank else end


def _cut(raw: bytes, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each part between two boundaries begins and ends; the last may have no boundary behind it."""
    line = re.compile(rb"(?:\A|\n)--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
    begun = None
    for found in islice(line.finditer(raw, max(start - 1, 0), end), MOST + 1):  # from the line feed before it on
        if begun is not None:
            yield begun, max(begun, found.start() - (raw[found.start() - 1 : found.start()] == b"\r"))
        if found[1]:
            return
        begun = min(found.end() + 1, end)
    if begun is not None and begun < end:
        yield begun, end


def _boundary(head: Message) -> bytes:
    try:
        found = head.get_boundary()
    except Exception:  # noqa: BLE001
        return b""
    return found.encode("utf-8", "surrogateescape") if found and len(found) <= LONGEST_BOUNDARY else b""


def _name(head: Message) -> str:
    try:
        name = head.get_filename() or ""
        wanted = head.get_content_disposition() == "attachment"
    except Exception:  # noqa: BLE001
        return ""
    return short(decoded(name), 120).strip() or (NAMELESS if wanted else "")


def _decoded(body: bytes, coded: str) -> bytes:
    """As it was before it was made fit for a mail; as it stands where it cannot be."""
    if coded == "quoted-printable":
        return binascii.a2b_qp(body)
    if coded != "base64":
        return body
    for padding in (b"", b"==", b"="):
        try:
            return binascii.a2b_base64(body + padding)
        except binascii.Error:
            continue
    return body
