"""Let stored events have their effect: event, alert, incident and page. The engine calls it again as long as something waits."""

from __future__ import annotations

import datetime as dt
import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils.module_loading import import_string

from watchbill.intake.actions.choosing import Stored, choose_in, services_with_events
from watchbill.intake.actions.doubles import without_doubles_in
from watchbill.intake.actions.loading import Changed, load_in, service_rules
from watchbill.intake.actions.storing import fail_in, store_in
from watchbill.intake.models import IntegrationKey
from watchbill.intake.rules import MAPPED_KINDS, Incoming, Parser, ServiceRule, Verb, clean, decide, route

logger = logging.getLogger("watchbill.intake")

DRAFTS = 4000  # alerts that one round is about: one message may hold thousands, and everybody's pages wait for the round

# Of the database's refusals, those that say nothing about the event: connection, lock, resources, operator, wrong state of the server.
PASSING = ("08", "40", "53", "55", "57", "58", "25")


def take_in(*, now: dt.datetime, limit: int = 1000, parsers: Mapping[str, Parser] | None = None) -> int:
    """Take in up to `limit` events, some of every service that has any. Answers how many had their effect or failed a try; 0: nothing waits.

    1. One transaction for all services. That is all, as long as no event raises.
    2. Otherwise each service alone, and in the one that fails ever smaller sets, until the event that raises stands alone. It is tried
       again later, five times in all, and then set aside with its error; the others go on. A refusal that says nothing about the event
       (database away, deadlock) is raised: the caller comes again.

    `parsers`: the reader of each kind of event; those that the settings name when not given.
    """
    readers: Mapping[str, Parser] = parsers if parsers is not None else import_string(settings.INTAKE_PARSERS)
    waiting = services_with_events(now=now)
    if not waiting:
        return 0
    try:
        return _round(waiting, readers, limit=limit, now=now)
    except Changed:
        return 1  # somebody else was at an alert to which a route led: come again
    except Exception as error:  # one poisoned event must not stop the others
        if _passes(error):
            raise
        logger.warning("a round of intake failed; looking for the event: %s", _place(error))
    return sum(_service_alone(service_id, readers, limit=limit, now=now) for service_id in waiting)


def _service_alone(service_id: int, readers: Mapping[str, Parser], *, limit: int, now: dt.datetime) -> int:
    """Halve until the event that raises is alone, and put it off."""
    taken, size = 0, limit
    while taken < limit:
        try:
            done = _round([service_id], readers, limit=size, now=now)
        except Changed:
            return taken + 1
        except Exception as error:  # the same
            if _passes(error):
                raise
            if size == 1:
                return taken + _put_off(service_id, error, now=now)
            size //= 2
        else:
            taken += done
            if not done:
                break
    return taken


@transaction.atomic(durable=True)
def _round(services: Sequence[int], readers: Mapping[str, Parser], *, limit: int, now: dt.datetime) -> int:
    """Choose, read, decide, store: one transaction."""
    stored, doubles = without_doubles_in(choose_in(services, limit, now=now))
    if not stored:
        return doubles
    rules = service_rules({event.service_id for event in stored})
    events, failures = _read(stored, readers, rules)
    world = load_in(events, rules, now=now)
    plan = decide(events, world)
    store_in(plan, world, stored, now=now)
    if failures:
        _say(fail_in(failures, now=now), failures)
    return len(plan.outcomes) + len(failures) + doubles


def _read(
    stored: Sequence[Stored], readers: Mapping[str, Parser], rules: Mapping[int, ServiceRule]
) -> tuple[list[Incoming], dict[int, str]]:
    """Understand each event, as many as a round takes; what cannot be understood is told with its error."""
    events, failures = [], {}
    mappings, drafts = _mappings(stored), 0
    for event in stored:
        if drafts >= DRAFTS:
            break
        try:
            if event.service_id not in rules:
                raise LookupError(f"its service {event.service_id} is gone")
            more = (mappings.get(event.key_id, {}),) if event.kind in MAPPED_KINDS else ()
            parsed = readers[event.kind](event.body, event.dedup_key, *more)
        except Exception as error:  # noqa: BLE001  whatever a reader raises is about this event alone
            failures[event.id] = _words(error)
        else:
            rule = rules[event.service_id]
            routed = [
                route(draft, rule.id, rule.routes, rule.severity) if draft.verb is Verb.TRIGGER and not draft.all_with_prefix else None
                for draft in parsed.drafts
            ]
            drafts += len(parsed.drafts)
            events.append(Incoming(event.id, event.service_id, event.received_at, parsed, event.arrived_at, routed))
    return events, failures


def _mappings(stored: Sequence[Stored]) -> dict[int, Any]:
    """Where the fields stand, by key; no query when no event can have a mapping."""
    ids = {event.key_id for event in stored if event.kind in MAPPED_KINDS}
    return dict(IntegrationKey.objects.filter(pk__in=ids).values_list("id", "mapping")) if ids else {}


@transaction.atomic(durable=True)
def _put_off(service_id: int, error: Exception, *, now: dt.datetime) -> int:
    """Count the failed try of the first event that waits, which is the one that raised."""
    first = choose_in([service_id], 1, now=now)
    failures = {event.id: _words(error) for event in first}
    if failures:
        logger.error("event %s could not be taken in: %s", next(iter(failures)), _place(error))
        _say(fail_in(failures, now=now), failures)
    return len(failures)


def _say(aside: Sequence[int], failures: Mapping[int, str]) -> None:
    for event_id in failures:
        logger.warning("event %s %s", event_id, "is set aside" if event_id in aside else "is tried again later")


def _passes(error: Exception) -> bool:
    """Does this refusal say nothing about the event?"""
    if not isinstance(error, DatabaseError):
        return False
    cause = error.__cause__
    code = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return code is None or code.startswith(PASSING)


def _words(error: Exception) -> str:
    """The error, for whoever looks at events that were set aside."""
    return clean(f"{type(error).__name__}: {error}".splitlines()[0])


def _place(error: Exception) -> str:
    """The error for the log: what kind and where, since its words may quote the event."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "watchbill" in frame.filename] or frames
    return f"{type(error).__name__} in {ours[-1].name}, line {ours[-1].lineno} of {ours[-1].filename}" if ours else type(error).__name__
