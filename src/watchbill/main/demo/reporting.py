"""In the demo three vulnerability reports are on their way, and Grace was named on them: one that nobody took, one whose promise is broken, one
whose bounty waits for agreement. A fourth was carried to its end: repaired, paid for and published."""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident
from watchbill.people.models import Person
from watchbill.reports.actions import disclosing, money, rating, tracking, triage
from watchbill.reports.actions.circle import name_person
from watchbill.reports.actions.making import NewReport, make
from watchbill.reports.models import Report
from watchbill.reports.rules.disclosure import fingerprint
from watchbill.response import actions as response

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


FRAME = "The preview of an attachment runs its script. Open a prepared SVG and look at the address bar: the session is in it."
FRAME_VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
WORD = "It is repaired in 4.2.1. Thank you for your patience and for the clear steps."


def carried_to_the_end(now: dt.datetime) -> int:
    """A report of two months ago, with each of its days. Answers its number."""
    people = Person.objects.in_bulk(["dana", "fumi", "grace"], field_name="handle")
    since = now - 62 * DAY

    def on(day: float, who: str = "dana") -> dict[str, Any]:
        person = people[who]
        return {"person": person, "actor": Actor(person.handle, "web", person.id), "now": since + day * DAY}

    title = "Script runs in the preview of an attachment"
    new = NewReport(title, FRAME, "Example bounty", "quietfox", "hackerone", "2201107", received_at=since)
    number = make(new, **on(0)).number
    name_person(number, people["grace"], "manages the team that repairs it", **on(0))
    triage.take(number, **on(0.1))
    triage.ask_reporter(number, "Which browser, please, and which version?", sent=True, **on(0.2))
    triage.heard(number, **on(1.5))
    triage.enough(number, **on(1.6))
    triage.understood(number, **on(2))
    rating.rate(number, rating.NewRating(FRAME_VECTOR, tier="tier 2"), **on(2.1))
    tracking.link_issue(number, "https://github.com/example/security-disclosures/issues/64", **on(2.2))
    triage.tell_reporter(number, "Thank you, we could repeat it.", (since + 40 * DAY).date(), sent=True, **on(2.3))
    money.propose(number, 750, "by hand, no table is set for this tier", **on(3))
    money.approve(number, 750, **on(4, "fumi"))
    money.awarded(number, 750, **on(4.1))
    tracking.begin_incident(number, "Vulnerability intake", **on(5))
    incident = Incident.objects.get(reports__number=number)
    response.acknowledge(incident.number, **on(5))
    response.note(incident.number, "Released with 4.2.1; the old previews are removed.", **on(40))
    response.resolve(incident.number, **on(40.1))
    triage.resolve(number, WORD, sent=True, announcement="https://example.org/advisories/4.2.1", **on(41))
    wanted = disclosing.Wanted("full", "A script in an attachment ran in its preview. Repaired in 4.2.1.", "")
    disclosing.ask(number, wanted, sent=True, **on(42))
    disclosing.agreed(number, **on(47))
    _, text = disclosing.checked_text(Report.objects.get(number=number), wanted)
    disclosing.publish(number, wanted, fingerprint(text), sent=True, **on(48))
    return number
