"""What do these events change? Pure: the world as it is stored goes in, what to store comes out.

Source of the rules: semantics of alerts and of opening and closing (PagerDuty's Events API for what the source may do: acknowledge and
resolve never create, a trigger after resolved is a new alert).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from watchbill.intake.rules import changes
from watchbill.intake.rules.drafts import Draft, Verb, louder, severity_of
from watchbill.intake.rules.grouping import group_key
from watchbill.intake.rules.maintenance import Quiet, quiet_for
from watchbill.intake.rules.routing import Routed, route
from watchbill.intake.rules.state import AlertState, IncidentState, Incoming, Louder, Opening, Plan, Ref, Said, ServiceRule, World

MANY = 5  # lines of one kind in one round
COSTLY = 100  # incidents that are cleared, acknowledged by their source or raised in one round


def decide(events: Iterable[Incoming], world: World) -> Plan:
    """Take the events one after the other, in their order. `world` is used up: it is how things stand after the last event.

    Events without an outcome are left for the next round: what is done incident by incident must not hold up everything else.
    """
    taking = _Taking(world)
    for event in events:
        if taking.costly() >= COSTLY:
            break
        service, made = world.services[event.service_id], taking.made
        taking.heard = event.arrived_at
        told = [
            taking.take(draft, service, event.received_at, event.routed[place] if event.routed else None)
            for place, draft in enumerate(event.parsed.drafts)
        ]
        taking.plan.outcomes[event.id] = _outcome(told, event.parsed.remark)
        if event.parsed.remark and taking.made > made and told[0][1] is not None:  # said once, not at every repetition
            taking.plan.lines.append(Said(told[0][1], "alert", event.parsed.remark))
    return _finished(taking.plan, world)


class _Taking:
    """The bookkeeping of one round: what is known, what is planned, and the next name for something new."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.plan = Plan()
        self.next_ref = -1
        self.made = 0  # alerts
        self.origin = 0  # the service to whose monitors the alert that is being made belongs
        self.heard: dt.datetime | None = None  # of an event that waited in a journal: it tells of then, and takes effect now

    def costly(self) -> int:
        """How many incidents must be looked at one by one?"""
        return len(self.plan.cleared) + len(self.plan.source_acks) + len(self.plan.louder)

    def take(self, draft: Draft, service: ServiceRule, at: dt.datetime, routed: Routed | None = None) -> tuple[str, Ref | None]:
        """One draft that came to this service. Answers what it did."""
        if draft.all_with_prefix:
            return self._everything(draft, service, at)
        alert = self._find(service.id, draft.dedup_key)
        if self._is_overtaken(draft, alert, service):
            return "It waited in the journal while a newer event about this alert was taken in: nothing to do.", None
        if draft.verb is Verb.TRIGGER:
            routed = routed or route(draft, service.id, service.routes, service.severity)
            text, ref = self._trigger(draft, alert, service, at, routed)
            return f"{text}{self._by_route(service, routed)}", ref
        if alert is None:
            return "No alert with this key fires: nothing to do.", None
        if draft.verb in changes.VERBS:
            return self._change(draft, alert, service, at)
        return self._acknowledge(alert, at) if draft.verb is Verb.ACKNOWLEDGE else self._resolve(alert, at, service.id)

    def _find(self, origin: int, key: str) -> AlertState | None:
        """The firing alert that the monitors of this service speak of: its own, or the one that a route sent to another service."""
        for place in ((origin, key), self.world.sent.get((origin, key), (0, ""))):
            alert = self.world.alerts.get(place)
            if alert is not None and origin in alert.said_by:
                return alert
        return None

    def _by_route(self, service: ServiceRule, routed: Routed) -> str:
        """Which route did it; it is counted, so that what was dropped is never silent."""
        one = routed.route
        if one is None:
            return ""
        place = (service.id, one.mark, one.drop)
        self.plan.used[place] = self.plan.used.get(place, 0) + 1
        broken = one.broken or ("" if self._target(service, routed).id == routed.service_id else "it must not leave a restricted service")
        return f" By {one.label}{f', but {broken}' if broken else ''}."

    def _target(self, service: ServiceRule, routed: Routed) -> ServiceRule:
        """Whose alert it is. What is restricted never goes where everybody may look."""
        target = self.world.services.get(routed.service_id, service)
        return service if service.restricted and not target.restricted else target

    def _is_overtaken(self, draft: Draft, alert: AlertState | None, service: ServiceRule) -> bool:
        """An older event never reopens what a newer one closed, and never closes what a newer one opened."""
        if self.heard is None:
            return False
        if draft.verb is Verb.TRIGGER:
            closed = self.world.closed.get((service.id, draft.dedup_key))
            return alert is None and closed is not None and closed > self.heard
        return draft.verb is Verb.RESOLVE and alert is not None and alert.last_at > self.heard

    def _everything(self, draft: Draft, service: ServiceRule, at: dt.datetime) -> tuple[str, Ref | None]:
        """What the source left out of its message is over with its group."""
        found = [a for (_, key), a in self.world.alerts.items() if service.id in a.said_by and key.startswith(draft.dedup_key)]
        told: list[tuple[str, Ref | None]] = [self._resolve(alert, at, service.id) for alert in found]
        return told[-1] if told else ("No other alert of this group fires.", None)

    def _trigger(
        self, draft: Draft, alert: AlertState | None, service: ServiceRule, at: dt.datetime, routed: Routed
    ) -> tuple[str, Ref | None]:
        target = self._target(service, routed)
        if alert is None and not routed.drop:
            alert = self.world.alerts.get((target.id, draft.dedup_key))
        if alert is not None:
            incident = self.world.incidents[alert.incident]
            if not incident.resolved:
                self._also(alert, service.id)
                return self._again(draft, alert, incident, routed.severity, at)
            # A person resolved the incident, and the source still says so: somebody must look again.
            self._end(alert, at)
        if routed.drop:
            return "Dropped.", None
        self.origin = service.id
        return self._new(draft, target, routed, at, previous=alert.incident if alert is not None else None)

    def _also(self, alert: AlertState, origin: int) -> None:
        """The monitors of this service say so too."""
        if origin not in alert.said_by:
            alert.sources = alert.said_by | {origin}
        if origin != alert.service_id:
            self.world.sent[origin, alert.dedup_key] = (alert.service_id, alert.dedup_key)

    def _again(self, draft: Draft, alert: AlertState, incident: IncidentState, severity: str, at: dt.datetime) -> tuple[str, Ref | None]:
        """The same condition once more: one alert with a count. Only a higher severity is news."""
        rose = louder(severity, alert.severity)
        alert.draft, alert.severity, alert.summary = draft, severity, draft.summary
        self._note(alert, at)
        if rose:
            self._raise(incident, severity, draft.summary)
        if rose and incident.held:
            self._hold(incident, self._quiet(alert.service_id, draft, severity))
        return "The same alert again, in {number}.", incident.id

    def _new(self, draft: Draft, service: ServiceRule, routed: Routed, at: dt.datetime, previous: Ref | None) -> tuple[str, Ref | None]:
        """A new alert: into the incident of its group, into the storm, or into an incident of its own.

        One that a maintenance covers joins only what is held back, and the other way round: neither is it paged with others, nor does it
        silence them.
        """
        severity = routed.severity
        quiet = self._quiet(service.id, draft, severity)
        groups, storms = (self.world.held_groups, self.world.held_storms) if quiet else (self.world.groups, self.world.storms)
        key = group_key(service.id, service.group_by, draft, severity, routed.policy_id)
        storm = service.storm is not None and self.world.recent.get(service.id, 0) >= service.storm.incidents
        if incident := self._takes_more(groups.get((service.id, key)) if key else None, service, severity, at, quiet):
            self._join(incident, draft, severity, at, quiet)
            return "Joined {number}.", incident.id
        if storm and (incident := self._takes_more(storms.get(service.id), service, severity, at, quiet)):
            self.world.recent[service.id] += 1  # it would have been one more incident: the storm goes on
            self._join(incident, draft, severity, at, quiet)
            return "Joined {number}, which takes what is left of a storm.", incident.id
        incident = self._open(draft, service, routed, at, key="" if storm else key, storm=storm, previous=previous, quiet=quiet)
        if storm:
            storms[service.id] = incident.id
        elif key:
            groups[service.id, key] = incident.id
        return ("Opened {number} for a storm." if storm else "Opened {number}.") + (" In maintenance." if quiet else ""), incident.id

    def _quiet(self, service_id: int, draft: Draft, severity: str) -> tuple[Quiet, ...]:
        return quiet_for(self.world.quiet.get(service_id, ()), draft, severity)

    def _hold(self, incident: IncidentState, quiet: tuple[Quiet, ...]) -> None:
        """Its pages wait for the end of these maintenances; of none any more: they go on."""
        incident.held = bool(quiet)
        if quiet:
            self.plan.quiet.setdefault(incident.id, {}).update({one.id: one for one in quiet})
        else:
            self.plan.quiet.pop(incident.id, None)
            self.plan.let_go[incident.id] = None

    def _takes_more(
        self, ref: Ref | None, service: ServiceRule, severity: str, at: dt.datetime, quiet: tuple[Quiet, ...]
    ) -> IncidentState | None:
        """The incident, if it is open, not cleared, of the same secrecy, and its last alert is young enough.

        What must wake somebody never joins a page that waits for working hours.
        """
        incident = self.world.incidents.get(ref) if ref is not None else None
        if incident is None or incident.resolved or incident.cleared or incident.restricted != service.restricted:
            return None
        if (incident.quiet and severity in service.loud and not quiet) or incident.held != bool(quiet):
            return None
        return incident if incident.last_alert_at is not None and at - incident.last_alert_at < service.group_for else None

    def _join(self, incident: IncidentState, draft: Draft, severity: str, at: dt.datetime, quiet: tuple[Quiet, ...]) -> None:
        if quiet:
            self._hold(incident, quiet)
        self._add(draft, incident, severity, at)
        incident.last_alert_at = at
        self.plan.touched[incident.id] = at
        self.plan.lines.append(Said(incident.id, "alert", f"{_named(draft)} joined.", {"key": draft.dedup_key, "severity": severity}))
        self._raise(incident, severity, draft.summary)

    def _open(
        self,
        draft: Draft,
        service: ServiceRule,
        routed: Routed,
        at: dt.datetime,
        *,
        key: str,
        storm: bool,
        previous: Ref | None,
        quiet: tuple[Quiet, ...],
    ) -> IncidentState:
        before = self._before(draft, service, previous)
        ref, severity = self._ref(), routed.severity
        incident = IncidentState(ref, service.id, 0, severity, restricted=service.restricted, storm=storm, group_key=key, last_alert_at=at)
        incident.quiet = severity not in service.loud
        self.world.incidents[ref] = incident
        self.world.recent[service.id] = self.world.recent.get(service.id, 0) + 1
        if quiet:
            self._hold(incident, quiet)
        title = f"Alert storm on {service.name}: {draft.summary}" if storm else draft.summary
        text = _opened(draft, service, storm=storm)
        self.plan.openings.append(
            Opening(ref, service.id, title, severity, text, key, at, storm, before.id if before else None, routed.policy_id)
        )
        if before is not None:
            how = "a person resolved it, and its source says so again" if before.resolved else "its source had said that it was over"
            self.plan.lines.append(Said(ref, "linked", f"It was {{number}} before: {how}.", about=before.id))
        self._add(draft, incident, severity, at)
        return incident

    def _before(self, draft: Draft, service: ServiceRule, previous: Ref | None) -> IncidentState | None:
        """The incident that this condition had the last time. Nothing leads from an open one to a restricted one."""
        ref = previous if previous is not None else self.world.previous.get((service.id, draft.dedup_key))
        before = self.world.incidents.get(ref) if ref is not None else None
        return before if before is not None and before.restricted == service.restricted else None

    def _add(self, draft: Draft, incident: IncidentState, severity: str, at: dt.datetime) -> None:
        then = self.heard or at
        alert = AlertState(
            self._ref(), incident.service_id, incident.id, draft.dedup_key, severity, draft, then, then, summary=draft.summary
        )
        if self.origin != incident.service_id:
            alert.sources = frozenset((self.origin,))
            self.world.sent[self.origin, draft.dedup_key] = (incident.service_id, draft.dedup_key)
        self.world.alerts[incident.service_id, draft.dedup_key] = alert
        incident.firing += 1
        self.made += 1
        self._note(alert, at)

    def _acknowledge(self, alert: AlertState, at: dt.datetime) -> tuple[str, Ref | None]:
        """A mark: the source is no person. What the service wants to follow from it is for others to do."""
        incident = self.world.incidents[alert.incident]
        first = alert.acknowledged_at is None
        alert.acknowledged_at = alert.acknowledged_at or at
        self._note(alert, at)
        if first and not incident.resolved:
            self.plan.source_acks[incident.id] = None
        return "Marked the alert of {number} as acknowledged by its source.", incident.id

    def _change(self, draft: Draft, alert: AlertState, service: ServiceRule, at: dt.datetime) -> tuple[str, Ref | None]:
        """What its source says about an alert that fires already. Never a new one, and a page only where it became more severe."""
        incident, before = self.world.incidents[alert.incident], alert.severity
        lines = changes.apply(draft, alert, severity_of(draft.severity, service.severity) if draft.severity else "")
        self.plan.lines += [Said(alert.incident, "alert", line, {"key": alert.dedup_key}) for line in lines]
        alert.last_at = max(alert.last_at, at)
        self._mark(alert)
        self._raise(incident, alert.severity, alert.summary)
        if incident.held and louder(alert.severity, before):
            self._hold(incident, self._quiet(alert.service_id, changes.as_it_stands(alert), alert.severity))
        return f"{changes.VERBS[draft.verb]} the alert of {{number}}.", alert.incident

    def _resolve(self, alert: AlertState, at: dt.datetime, origin: int) -> tuple[str, Ref | None]:
        incident = self.world.incidents[alert.incident]
        self._note(alert, at)
        if others := alert.said_by - {origin}:
            alert.sources = frozenset() if others == {alert.service_id} else others
            self.world.closed[origin, alert.dedup_key] = self.heard or at
            return "Noted; another service still says that the alert of {number} fires.", incident.id
        self._end(alert, at)
        if incident.resolved:
            return "Resolved the alert; {number} was resolved already.", incident.id
        if incident.firing > 0:
            text = f"Its source says that {_quoted(alert.summary)} is over; {incident.firing} {_alerts(incident.firing)}."
            self.plan.lines.append(Said(incident.id, "alert", text, {"key": alert.dedup_key}))
            return "Resolved the alert; others of {number} still fire.", incident.id
        incident.cleared = True
        self.plan.cleared[incident.id] = None
        return "Resolved the last alert of {number}.", incident.id

    def _end(self, alert: AlertState, at: dt.datetime) -> None:
        alert.firing, alert.resolved_at = False, self.heard or at
        self._mark(alert)
        self.world.alerts.pop((alert.service_id, alert.dedup_key), None)
        self.world.incidents[alert.incident].firing -= 1
        self.world.previous[alert.service_id, alert.dedup_key] = alert.incident
        self.world.closed.update({(origin, alert.dedup_key): alert.resolved_at for origin in alert.said_by})

    def _raise(self, incident: IncidentState, severity: str, summary: str) -> None:
        if louder(severity, incident.severity):
            incident.severity = severity
            self.plan.louder.append(Louder(incident.id, severity, summary))

    def _note(self, alert: AlertState, at: dt.datetime) -> None:
        alert.events += 1
        alert.last_at = max(alert.last_at, self.heard or at)
        self._mark(alert)

    def _mark(self, alert: AlertState) -> None:
        if not alert.changed:
            alert.changed = True
            self.plan.alerts.append(alert)

    def _ref(self) -> Ref:
        self.next_ref -= 1
        return self.next_ref


def _finished(plan: Plan, world: World) -> Plan:
    """Say at the end what many small steps came to: an incident opens as severe as it is after this round, and many lines become one."""
    plan.openings = [replace(opening, severity=world.incidents[opening.ref].severity) for opening in plan.openings]
    plan.louder = list({louder.incident: louder for louder in plan.louder if louder.incident > 0}.values())
    of: dict[tuple[Ref, str], list[Said]] = {}
    for line in plan.lines:
        of.setdefault((line.incident, line.kind), []).append(line)
    plan.lines = [line for lines in of.values() for line in _shortened(lines)]
    return plan


def _shortened(lines: list[Said]) -> list[Said]:
    """A storm must not bury the story: beyond a few lines of one kind, the rest is one line."""
    if len(lines) <= MANY:
        return lines
    rest = lines[MANY - 1 :]
    return [
        *lines[: MANY - 1],
        replace(rest[0], text=f"And {len(rest)} more like these; the list of alerts has them.", data={"count": len(rest)}),
    ]


def _outcome(told: list[tuple[str, Ref | None]], remark: str) -> tuple[str, Ref | None]:
    if not told:
        return remark or "Said nothing about any alert.", None
    text, ref = told[0]
    more = f" And {len(told) - 1} more of the same message." if len(told) > 1 else ""
    return f"{text}{more}{' ' if remark else ''}{remark}", ref


def _named(draft: Draft) -> str:
    return f"{_quoted(draft.summary)}{f' from {draft.source}' if draft.source else ''}"


def _quoted(summary: str) -> str:
    return f"“{summary if len(summary) <= 120 else summary[:119] + '…'}”"


def _alerts(count: int) -> str:
    return "alert still fires" if count == 1 else "alerts still fire"


def _opened(draft: Draft, service: ServiceRule, *, storm: bool) -> str:
    text = f"Opened by an alert{f' from {draft.source}' if draft.source else ''} ({draft.severity or 'no severity given'})."
    if storm and service.storm is not None:
        minutes = service.storm.within / dt.timedelta(minutes=1)
        text += (
            f" More than {service.storm.incidents} incidents of {service.name} opened within {minutes:g} minutes: this one takes the rest."
        )
    return text
