"""In the demo three vulnerability reports are on their way, and Grace was named on them: one that nobody took, one whose promise is broken, one
whose bounty waits for agreement."""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.audit.actions import Actor
from watchbill.people.models import Person
from watchbill.reports.actions import money, rating, tracking, triage
from watchbill.reports.actions.circle import name_person
from watchbill.reports.actions.making import NewReport, make

DAY = dt.timedelta(days=1)
BODY = "An archive whose entry is named ../../etc/runner.toml is written there.\n\n1. Make it.\n2. Import it.\n3. Read the token."
NEW = {
    "report-new": ("Login page can be framed by another site", "Any page may show it inside of its own.", "finder@example.net", "mail", ""),
    "report-late": ("Webhook answers leak an internal host name", "The header X-Served-By names it.", "", "hand", ""),
    "report": ("Path traversal in archive import lets a project member read runner secrets", BODY, "m4rlow", "hackerone", "2233445"),
}
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:N/A:N"


def report_past(now: dt.datetime) -> dict[str, int]:
    """Made by the real actions. Answers their numbers by name."""
    people = Person.objects.in_bulk(["dana", "grace"], field_name="handle")
    dana = people["dana"]
    by: dict[str, Any] = {"person": dana, "actor": Actor(dana.handle, "web", dana.id), "now": now - DAY}
    numbers = {}
    for name, (title, body, reporter, source, external_id) in NEW.items():
        arrived = now - 9 * DAY if name == "report-late" else None
        new = NewReport(title, body, "Example bounty", reporter, source, external_id, received_at=arrived)
        numbers[name] = make(new, **by).number
        name_person(numbers[name], people["grace"], "manages the team that repairs it", **by)
    number = numbers["report"]
    for act in (triage.take, triage.enough, triage.understood):
        act(number, **by)
    rating.rate(number, rating.NewRating(VECTOR, tier="tier 2"), **by)
    tracking.link_issue(number, "https://github.com/example/security-disclosures/issues/77", **by)
    embargo = (now + 30 * DAY).date()
    triage.tell_reporter(number, "Thank you, we could repeat it. We work on a fix.", embargo, sent=True, **by)
    money.propose(number, 2500, "by hand, no table is set for this tier", **by)
    return numbers
