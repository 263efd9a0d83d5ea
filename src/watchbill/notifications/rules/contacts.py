"""What may be an address of a person's own, in which form is it kept, and which ways wake somebody? Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from watchbill.notifications.rules.schemes import why_refused
from watchbill.notifications.rules.telephone import e164

MOST_CONTACTS = 12  # of one person
LONGEST, LONGEST_SECRET = 1900, 1300  # what is encrypted takes half as much again
ADDABLE = ("sms", "voice", "email", "apprise", "webhook")  # in the order in which they are offered; a device adds itself
QUIET = frozenset({"email", "slack"})  # lie there until somebody looks: of these alone nobody is woken
TELEPHONES = frozenset({"sms", "voice"})
EXAMPLES = {
    "sms": "+49 171 5550011",
    "voice": "+49 171 5550011",
    "email": "ada@example.org",
    "apprise": "ntfys://ntfy.example.org/topic",
    "webhook": "https://example.org/hook",
}
MAIL = re.compile(r"[^\s@<>\"(),;:\\]{1,64}@[^\s@<>\"(),;:\\]+\.[^\s@<>\"(),;:\\.]{2,}")


def read_address(kind: str, text: str) -> str:
    """The address in the form that is kept. ValueError with a sentence that says what was expected."""
    given = text.strip()
    if kind not in ADDABLE:
        raise ValueError("Choose one of the ways on offer.")
    if not given or len(given.encode()) > (LONGEST_SECRET if kind == "apprise" else LONGEST) or not given.isprintable():
        raise ValueError(f"Expected an address, as {EXAMPLES[kind]}.")
    if kind in TELEPHONES:
        number = e164(given)
        if not number:
            raise ValueError(f"That is no telephone number. Expected + and the country first, as {EXAMPLES[kind]}.")
        return number
    if kind == "apprise":
        if why := why_refused(given):
            raise ValueError(why)
        return given
    if (kind == "email" and not (MAIL.fullmatch(given) and len(given) <= 254)) or (kind == "webhook" and not _is_url(given)):
        raise ValueError(f"That is no address for this. Expected one as {EXAMPLES[kind]}.")
    return given


def wakes(kinds: set[str]) -> bool:
    """Is there a way among these that rings, buzzes or speaks?"""
    return bool(kinds - QUIET)


def _is_url(text: str) -> bool:
    """A web address; whether its host may be reached is asked where it is sent."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username and not any(c.isspace() for c in text)
