"""What does a mail say? Read from hostile bytes into plain data, within limits on size, depth and time. Pure.

Attachments are named and never opened; HTML becomes text and is never shown as HTML; what is encrypted is said to be so.
"""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from itertools import islice

from watchbill.connectors.mailbox.markup import text_of
from watchbill.intake.rules import clean, short
from watchbill.mailbox.rules.attached import attached
from watchbill.mailbox.rules.headers import LONGEST, cut_long, decoded, text_in, type_of

READ = 256 * 1024  # bytes that are looked into: text stands before attachments
MOST_BOUNDARIES = 100  # parts within parts within parts: more is a bomb
MOST_HEADERS = 1_000
ADDRESSES = 50
TEXT = 20_000  # characters of the text
MARKUP = 64 * 1024  # characters of HTML that are turned into text
_boundary = re.compile(rb"boundary\s*=", re.IGNORECASE)
_id = re.compile(r"<[^<>\s]{1,500}>")
_name = re.compile(r"[\x21-\x39\x3b-\x7e]{1,80}")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail. Addresses are in small letters; `headers` in the order in which they stand, names in small letters, decoded."""

    subject: str = ""
    sender: str = ""  # the one address of From; empty when there is none, or several
    senders: tuple[str, ...] = ()
    to: tuple[str, ...] = ()  # everybody it was sent to, by any header that says so
    message_id: str = ""
    refers: tuple[str, ...] = ()  # Message-IDs that it answers, the nearest last
    text: str = ""
    files: tuple[str, ...] = ()  # names of attachments
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    remark: str = ""  # what could not be read

    def all(self, name: str) -> list[str]:
        """Every value of a header, the topmost first."""
        return [value for known, value in self.headers if known == name]

    def get(self, name: str) -> str:
        """The topmost value of a header, or nothing."""
        return next(iter(self.all(name)), "")

    def address(self, name: str) -> str:
        """The first address in a header, or nothing."""
        return next(_addresses(self.all(name)), "")


TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "resent-to")


def read(raw: bytes) -> Letter:
    """Never raises: what cannot be read is left out and said."""
    head = raw[:READ]
    remark = ""
    try:
        message: Message = email.message_from_bytes(
            head if len(_boundary.findall(head)) <= MOST_BOUNDARIES else _head(head), policy=compat32
        )
        if len(_boundary.findall(head)) > MOST_BOUNDARIES:
            remark = f"It has parts within parts, more than {MOST_BOUNDARIES}: only its head was read."
    except Exception as error:  # noqa: BLE001  the parser of the standard library fails in many ways on what is no mail
        message, remark = Message(), f"It could not be read as a mail ({type(error).__name__})."
    headers = tuple(_headers(message))
    text, said = _content(message)
    files = tuple(each.name for each in attached(raw))  # of all of it: what is attached stands behind the text
    return _letter(headers, text, files, " ".join(part for part in (remark, said) if part), message)


def digest(raw: bytes, letter: Letter) -> bytes:
    """What names this mail, however often it is delivered: the whole of it where it has no Message-ID.

    The date and the subject count too: there are scripts whose mails all have one Message-ID.
    """
    if not letter.message_id:
        return hashlib.sha256(raw).digest()
    named = (letter.message_id, letter.get("date"), letter.subject, letter.sender)
    return hashlib.sha256("\0".join(named).encode("utf-8", "replace")).digest()


def id_digest(message_id: str) -> bytes:
    """A Message-ID as it is kept, so that an answer finds it."""
    return hashlib.sha256(message_id.encode("utf-8", "replace")).digest()


def _letter(headers: tuple[tuple[str, str], ...], text: str, files: tuple[str, ...], remark: str, message: Message) -> Letter:
    plain = Letter(headers=headers)
    froms = tuple(_addresses(plain.all("from")))
    ids = _id.findall(plain.get("message-id"))
    refers = [*_id.findall(plain.get("references")), *_id.findall(plain.get("in-reply-to"))]
    return Letter(
        subject=short(plain.get("subject"), 1024).strip(),
        sender=froms[0] if len(froms) == 1 else "",
        senders=froms,
        to=tuple(dict.fromkeys(address for name in TO for address in _addresses(plain.all(name)))),
        message_id=ids[0] if ids else "",
        refers=tuple(dict.fromkeys(refers))[-ADDRESSES:],
        text=text,
        files=files,
        content_type=type_of(message),
        headers=headers,
        remark=remark,
    )


def _head(raw: bytes) -> bytes:
    """The headers alone, as a mail of plain text."""
    return re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0] + b"\r\n\r\n"


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in islice(message.raw_items(), MOST_HEADERS):
        if _name.fullmatch(str(name)):
            yield str(name).lower(), decoded(str(value)[:LONGEST])


def _addresses(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        for address in _parsed(value)[:ADDRESSES]:
            if "@" in address and len(address) <= 320 and not any(letter.isspace() for letter in address):
                yield clean(address).lower()


def _parsed(value: str) -> list[str]:
    try:
        return [address for _, address in getaddresses([value])]
    except Exception:  # noqa: BLE001  the same: a header that breaks the parser names nobody
        return []


def _content(message: Message) -> tuple[str, str]:
    """The text, and what could not be read."""
    plain, markup = "", ""
    try:
        for part in message.walk():
            cut_long(part)
            kind = type_of(part)
            if part.is_multipart() or _is_file(part):
                continue
            if kind == "text/plain" and not plain:
                plain = _body(part)
            elif kind == "text/html" and not markup:
                markup = _body(part)
    except Exception as error:  # noqa: BLE001  RecursionError of parts within parts, and whatever else
        return clean(plain)[:TEXT], f"Its parts could not be read ({type(error).__name__})."
    text = plain.strip() or text_of(markup[:MARKUP])
    said = "It is encrypted, and was not opened." if type_of(message) == "multipart/encrypted" else ""
    return _lines(text)[:TEXT], said


def _is_file(part: Message) -> bool:
    try:
        return bool(part.get_filename()) or part.get_content_disposition() == "attachment"
    except Exception:  # noqa: BLE001
        return False


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    try:
        charset = part.get_content_charset()
    except Exception:  # noqa: BLE001
        charset = None
    return text_in(payload, charset) if isinstance(payload, bytes) else ""


def _lines(text: str) -> str:
    """Line by line, without what moves a cursor or turns text round."""
    return "\n".join(short(line, 2000).rstrip() for line in clean(text)[: 2 * TEXT].splitlines()).strip()
