"""Which runbooks are for this incident? Those of its services, those that fit one of its alerts, and those that its source names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.incidents.models import Incident
from watchbill.intake.models import Alert
from watchbill.intake.rules import Draft, Verb
from watchbill.intake.rules.matching import fits, matcher
from watchbill.runbooks.models import Place, Runbook
from watchbill.runbooks.selectors import shown_at

WORD = "runbook"
MOST = 5  # links of the source


@dataclass(frozen=True, slots=True)
class Shown:
    """A runbook, and why it is shown here, in a few words."""

    runbook: Runbook
    why: str


def runbooks_of(incident: Incident, alerts: Sequence[Alert]) -> tuple[list[Shown], list[dict[str, str]]]:
    """Ours, what fits an alert before what is for the whole service; and the links by which its source names some. One query."""
    services = {each.service_id for each in alerts} | {service for each in alerts for service in each.sources}
    if incident.service_id is not None:
        services.add(incident.service_id)
    found: dict[int, Shown] = {}
    places = sorted(shown_at(services, incident.team_id), key=lambda place: not place.when)
    for place in places:
        if place.runbook_id not in found and (why := _why(place, alerts)):
            found[place.runbook_id] = Shown(place.runbook, why)
    return list(found.values()), _named(alerts)


def _why(place: Place, alerts: Sequence[Alert]) -> str:
    if not place.when:
        return "for this service"
    conditions = matcher(place.when)
    here = [each for each in alerts if place.service_id in (None, each.service_id, *each.sources)]
    if not any(fits(conditions, _draft(each), each.severity) for each in here):
        return ""
    return "for alerts with " + " and ".join(f"{field} {value}" for field, value in place.when.items())


def _draft(alert: Alert) -> Draft:
    return Draft(
        Verb.TRIGGER,
        alert.dedup_key,
        summary=alert.summary,
        source=alert.source,
        component=alert.component,
        group=alert.group,
        event_class=alert.event_class,
        details=alert.details,
    )


def _named(alerts: Sequence[Alert]) -> list[dict[str, str]]:
    """What the source calls a runbook, each once."""
    found = {
        link["href"]: link for alert in alerts for link in alert.links if WORD in f"{link.get('text', '')} {link.get('href', '')}".lower()
    }
    return list(found.values())[:MOST]
