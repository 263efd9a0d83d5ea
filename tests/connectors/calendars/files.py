"""Calendar files as other programs write them, and as nobody should."""

from __future__ import annotations


def calendar(*events: str, head: str = "") -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//Calendar//EN", *head.splitlines(), *events, "END:VCALENDAR", ""]
    return "\n".join(lines).replace("\n", "\r\n").encode()


def event(uid: str, summary: str, *lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT"])


def days(uid: str, summary: str, first: str, back: str, *lines: str) -> str:
    """All days from `first` on, as 20261201; `back` is the first day on which they work again."""
    return event(uid, summary, f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{back}", *lines)


BERLIN = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""
