"""What does a call say? Number digit by digit, severity, title; then the keys."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from watchbill.incidents.models import Incident
from watchbill.notifications.contents import opened
from watchbill.notifications.models import Notification
from watchbill.notifications.rules import digits
from watchbill.notifications.selectors import pages_in, tried
from watchbill.paging.models import Page

KEYS = "Press 1 to acknowledge. Press 2 to escalate. Press 3 to hear more."
DRILL = "This is Watchbill. This is a test page. Nothing has happened."
DRILL_KEYS = "Press 1 to say that you hear it."
LONGEST_TITLE = 240
FEW = 4
WAITING = (Page.Status.TRIGGERED, Page.Status.EXHAUSTED, Page.Status.PAUSED)


def incidents_in(notification: Notification) -> list[tuple[Incident, int | None]]:
    """(incident, page) of everything the call is about, its own first."""
    pages = pages_in(notification.pk)
    found = Incident.objects.select_related("service").in_bulk([incident for incident, _ in pages])
    return [(found[incident], page) for incident, page in pages if incident in found]


def opening(about: list[tuple[Incident, int | None]]) -> list[str]:
    """What is said first."""
    if not about:
        return ["This is Watchbill."]
    count = f"{len(about)} incidents wait for you. The first is this." if len(about) > 1 else ""
    return ["This is Watchbill.", *([count] if count else []), headline(about[0][0])]


def code(notification: Notification) -> list[str]:
    """A code that proves this number, digit by digit and twice: nobody has a pen ready at once."""
    spelled = ", ".join(str(opened(notification.content).get("code", "")))
    return ["This is Watchbill.", f"Your code is: {spelled}.", f"Again: {spelled}.", "Good-bye."]


HEARD = "Press 1: you have heard it."


def handing(notification: Notification, about: list[tuple[Incident, int | None]]) -> list[str]:
    """A hand-off: it is read back where it can be read. No key of a telephone accepts it."""
    content = notification.content
    said = [] if content.get("restricted") or not content.get("reason") else [str(content["reason"])[:LONGEST_TITLE]]
    head = [headline(about[0][0])] if about else [str(content.get("title") or "")]
    return ["This is Watchbill, about a hand-off.", *head, *said, "Open it to answer. Nothing moves before that."]


def headline(incident: Incident) -> str:
    """Number, severity and title; of a restricted one number and code name."""
    number = f"Incident {digits(incident.number)}."
    if incident.restricted:
        return f"{number} {incident.code_name}."
    return f"{number} Severity {incident.severity}. {incident.title[:LONGEST_TITLE]}."


def keys(about: list[tuple[Incident, int | None]]) -> str:
    """What may be pressed."""
    return (
        KEYS if len(about) < 2 else KEYS.replace("acknowledge.", "acknowledge all of them.").replace("escalate.", "escalate all of them.")
    )


def still_waits(about: list[tuple[Incident, int | None]]) -> bool:
    """Does any of it still wait for somebody?"""
    ids = [page for _, page in about if page is not None]
    return (
        Page.objects.filter(id__in=ids, status__in=WAITING)
        .exclude(status=Page.Status.PAUSED, paused_status=Page.Status.ACKNOWLEDGED)
        .exists()
    )


def nothing_waits(about: list[tuple[Incident, int | None]]) -> str:
    """It was acknowledged or resolved before this call was answered."""
    incident = about[0][0] if about else None
    if incident is None:
        return "Nothing waits for you any more."
    name = "" if incident.restricted or incident.owner is None else f" {incident.owner.name} owns it."
    state = "is resolved" if incident.status == Incident.Status.RESOLVED else "does not wait for you any more"
    return f"Incident {digits(incident.number)} {state}.{name} There is nothing to do."


def more(about: list[tuple[Incident, int | None]], *, zone: str, now: dt.datetime) -> list[str]:
    """Service, when it opened, who was tried. Of a restricted one nothing more is said."""
    if not about:
        return []
    incident = about[0][0]
    if incident.restricted:
        return ["It is restricted. Sign in to read more."]
    local = incident.opened_at.astimezone(ZoneInfo(zone))
    names = list(dict.fromkeys(each.name for each in tried(incident.pk) if each.kind == "page"))
    asked = ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
    service = f"Service {incident.service.name}." if incident.service else ""
    minutes = max(0, int((now - incident.opened_at).total_seconds() // 60))
    opened = f"Opened at {local:%H:%M} your time, {minutes} {'minute' if minutes == 1 else 'minutes'} ago."
    others = [f"Also: {headline(each)}" for each, _ in about[1:FEW]]
    return [each for each in (service, opened, f"Asked so far: {asked}." if asked else "", *others) if each]


def spoken(text: str) -> str:
    """A sentence with #418 in it, as it is read aloud."""
    words = [f"{digits(word[1:].rstrip('.,:;'))}{word[len(word.rstrip('.,:;')) :]}" if _is_number(word) else word for word in text.split()]
    return " ".join(words)


def _is_number(word: str) -> bool:
    return word.startswith("#") and word[1:].rstrip(".,:;").isdigit()
