"""Changes of watches as iCalendar texts for a mail (iTIP, RFC 5546): one text for each entry, with the identity that the feeds give it."""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr
from typing import Any

from watchbill.notifications.messages import Message

PRODID = "-//Watchbill//Watches//EN"


def host_of(base: str) -> str:
    """What stands behind the @ of every entry's UID: the host of this desk's address."""
    return base.partition("://")[2].partition("/")[0].partition(":")[0]


def invitations(message: Message, *, sender: str, base: str) -> list[tuple[str, bytes]]:
    """(method, text) of each entry that the news in this message are about. Mostly none."""
    told = [each for content in message.contents for each in content.get("calendar") or ()]
    return [(each["method"], _text(each, message.address, sender, base)) for each in told]


def _text(told: dict[str, Any], attendee: str, sender: str, base: str) -> bytes:
    from icalendar import Calendar, Event  # noqa: PLC0415  15 MB that only calendars need

    calendar, event = Calendar(), Event()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", told["method"])
    event.add("uid", f"{told['name']}@{host_of(base)}")
    event.add("sequence", told["sequence"])
    event.add("dtstamp", _at(told["stamp"]))
    event.add("dtstart", _at(told["start"]))
    event.add("dtend", _at(told["end"]))
    event.add("summary", told["summary"])
    event.add("url", f"{base}{told['path']}")
    event.add("transp", "TRANSPARENT")  # being on call does not make somebody busy
    event.add("organizer", f"mailto:{parseaddr(sender)[1]}")
    event.add("attendee", f"mailto:{attendee}", parameters={"RSVP": "FALSE", "PARTSTAT": "ACCEPTED"})
    event.add("status", "CANCELLED" if told["method"] == "CANCEL" else "CONFIRMED")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
