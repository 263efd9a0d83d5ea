"""Plan: from "notify these people" to rows of the outbox, thousands in one call.

Two queries read the contacts and personal rules of all people, one statement writes all rows.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from watchbill.kernel import bus, kinds
from watchbill.notifications.actions.cancelling import supersede_status_in
from watchbill.notifications.actions.outbox import Row, fetch, insert_in
from watchbill.notifications.messages import Ask
from watchbill.notifications.rules import LastPaged, Method, PersonalRule, Turn, is_further, plan, why_nobody

PAGE, STATUS = "page", "status"
QUIET = (STATUS, "duty")  # wake nobody by a call, and are told once
SILENT = "silenced by its owner with STOP"

PEOPLE = """
SELECT p.id, p.email, p.is_active, l.at, l.page_id, c.id, c.kind, c.verified_at IS NOT NULL, c.secret_env, c.silent_at IS NOT NULL,
    c.verified_by, c.own
FROM people_person p
LEFT JOIN notifications_lastpage l ON l.person_id = p.id
LEFT JOIN notifications_contact c ON c.person_id = p.id AND c.removed_at IS NULL
WHERE p.id = ANY(%s) ORDER BY p.id, c.position, c.id
"""
RULES = "SELECT person_id, urgency, after_seconds, kinds FROM notifications_rule WHERE person_id = ANY(%s) ORDER BY person_id, urgency, position"
PAGED_BEFORE = """
SELECT DISTINCT n.incident_id, n.person_id FROM notifications_notification n
WHERE n.incident_id = ANY(%s) AND n.person_id = ANY(%s) AND n.kind = 'page'
"""


@dataclass(slots=True)
class _Person:
    methods: list[Method]
    rules: dict[str, list[PersonalRule]]
    last: LastPaged | None
    plans: dict[tuple[str, bool, bool], tuple[Turn, ...]]


def plan_in(asks: Sequence[Ask], *, now: dt.datetime) -> None:
    """Queue what the asks need, in the open transaction. A person whom nothing can reach is kept too: the next claim reports them as failed."""
    if not asks:
        return
    people = people_with_contacts(sorted({ask.person_id for ask in asks}))
    known = _paged_before(asks)
    supersede_status_in([(a.incident_id, a.person_id) for a in asks if a.kind == STATUS and a.incident_id is not None], now=now)
    rows: list[Row] = []
    seen: set[tuple[Any, ...]] = set()
    contents: dict[int, msgspec.Raw] = {}
    for ask in asks:
        identity = (ask.page_id, ask.firing, ask.person_id, ask.kind)
        if ask.page_id is not None and identity in seen:
            continue  # asked for twice in one firing: as a person and by their schedule
        seen.add(identity)
        person = people.get(ask.person_id)
        if person is not None:
            first = ask.kind == PAGE and (ask.incident_id, ask.person_id) not in known
            known.add((ask.incident_id, ask.person_id))
            content = contents.get(id(ask.content)) or contents.setdefault(id(ask.content), msgspec.Raw(msgspec.json.encode(ask.content)))
            rows.extend(_rows(ask, person, content, first=first, now=now))
    insert_in(rows, now=now)
    bus.wake_engine()


def tell_in(news: Mapping[int, dict[str, Any]], *, now: dt.datetime, urgency: str = "low") -> None:
    """Tell each of these people their own news, at once and once, by the ways of their rules for that urgency; nobody by a call.

    A `calendar` in the news goes by mail besides, also to those whose rules name none.
    """
    people = people_with_contacts(sorted(news)) if news else {}
    rows: list[Row] = []
    for person_id, person in people.items():
        content = msgspec.Raw(msgspec.json.encode(news[person_id]))
        ways = [turn.method for turn in _turns(Ask(person_id, STATUS, None, None, None, None, urgency, news[person_id]), person)]
        if news[person_id].get("calendar") and not any(way.kind == "email" for way in ways):
            ways += [way for way in person.methods if way.kind == "email" and not way.why_not][:1]
        rows += [Row(person_id, way.key, STATUS, None, None, None, None, urgency, 0, now, False, content) for way in ways]
    if rows:
        insert_in(rows, now=now)
        bus.wake_engine()


def _rows(ask: Ask, person: _Person, content: msgspec.Raw, *, first: bool, now: dt.datetime) -> list[Row]:
    start = max(now, ask.not_before) if ask.not_before else now
    hold = ask.kind == STATUS
    if ask.kind == PAGE and ask.page_id is not None and start == now:
        hold = is_further(person.last, ask.page_id, now=now)
        if not hold:
            person.last = LastPaged(now, ask.page_id)

    def row(contact: int | None, turn: int, due_at: dt.datetime, *, held: bool, error: str = "") -> Row:
        named = (ask.kind, ask.page_id, ask.firing, ask.incident_id, ask.service_id, ask.urgency)
        return Row(ask.person_id, contact, *named, turn, due_at, first, content, held, error)

    turns = _turns(ask, person)
    if not turns:
        return [row(None, 0, start, held=False, error=why_nobody(person.methods, urgency=ask.urgency))]
    return [row(t.method.key, t.rule, start + t.after, held=hold and not t.after) for t in turns]


def _turns(ask: Ask, person: _Person) -> tuple[Turn, ...]:
    key = (ask.urgency, ask.methods == "all", ask.kind in QUIET)
    if key not in person.plans:
        quiet = ask.kind in QUIET
        methods = [m for m in person.methods if not (quiet and m.spoken)]
        turns = plan(methods, person.rules.get(ask.urgency, []), urgency=ask.urgency, everything=ask.methods == "all")
        person.plans[key] = tuple(t for t in turns if t.after == turns[0].after) if quiet else turns
    return person.plans[key]


def people_with_contacts(ids: list[int]) -> dict[int, _Person]:
    """Contacts, personal rules and the last page of these people. Two queries."""
    people: dict[int, _Person] = {}
    mails: dict[int, Method] = {}
    for id_, email, active, last_at, last_page, contact, kind, verified, secret_env, silent, by, own in fetch(PEOPLE, [ids]):
        if id_ not in people:
            last = LastPaged(last_at, last_page) if last_at else None
            people[id_] = _Person([], {}, last, {})
            if email:
                mails[id_] = Method(None, "email", why_skipped("email", active=active, verified=True, secret_env=""))
        if contact is not None:
            why_not = SILENT if silent else why_skipped(kind, active=active, verified=verified, secret_env=secret_env, by=by)
            people[id_].methods.append(Method(contact, kind, why_not, kind in kinds.VOICE))
            if by != "device" and (verified or not own):
                mails.pop(id_, None)
    for id_, mail in mails.items():  # none but devices and what its person has not proven yet: the mail of the account
        people[id_].methods.append(mail)
    for person, urgency, after, stored in fetch(RULES, [ids]):
        named = msgspec.json.decode(stored) if isinstance(stored, str) else stored
        people[person].rules.setdefault(urgency, []).append(PersonalRule(dt.timedelta(seconds=after), tuple(named)))
    return people


def why_skipped(kind: str, *, active: bool, verified: bool, secret_env: str, by: str = "") -> str:
    """Why this contact cannot be used now, or nothing. `by`: who verified it."""
    if not active:
        return "the account is not active"
    if not verified:
        return "not verified yet"
    if secret_env and not os.environ.get(secret_env):
        return "its address or secret is not set here"
    if not kinds.is_active(kind):
        return "not active here"
    return "no device is subscribed: its owner does that on their own page" if kind == "push" and by == "operator" else ""


def _paged_before(asks: Sequence[Ask]) -> set[tuple[int | None, int]]:
    """Who was paged about which incident already. The first firing of a page needs no look: at worst a second page counts as first."""
    later = [a for a in asks if a.kind == PAGE and a.incident_id is not None and (a.firing or 0) > 1]
    if not later:
        return set()
    found = fetch(PAGED_BEFORE, [sorted({a.incident_id or 0 for a in later}), sorted({a.person_id for a in later})])
    return {(incident, person) for incident, person in found}
