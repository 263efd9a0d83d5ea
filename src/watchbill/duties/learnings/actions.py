"""Write a learning, correct it, have an issue made of it, say what became of it. Each is recorded."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.duties.learnings.models import Learning
from watchbill.duties.learnings.rules import KINDS, LONGEST, edit_until, is_address, why_not_edit
from watchbill.duties.learnings.selectors import by_id, places
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import in_a_line, plain
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, Refused
from watchbill.people.models import Person, Team
from watchbill.people.permissions import RANK, Verb, decide
from watchbill.people.selectors import viewer_of
from watchbill.response.actions.case import engage_in, finish_in, open_case_in
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call
from watchbill.trackers.actions.wanting import NoteAsk, make_issue_in


@transaction.atomic(durable=True)
def learn(text: str, kind: str, number: int | None = None, team: str = "", *, person: Person, actor: Actor, now: dt.datetime) -> Learning:
    """One line. About an incident it stands in that incident's story; else it belongs to the team whose watch its writer has.

    Raises Invalid for an empty or too long text, an unknown kind and an unknown team; NotAllowed, NotFound.
    """
    text = _line(text)
    _known(kind)
    incident: Incident | None = None
    if number is not None:
        case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
        incident = case.incident
        engage_in(case)
        case.tell("learning", f"{person.name} learned ({KINDS[kind].lower()}): {text}")
        finish_in(case)
    watches = _watches(person, now=now)
    of = incident.team if incident is not None else _team_of(person, team, watches)
    made = Learning.objects.create(
        team=of,
        person=person,
        kind=kind,
        text=text,
        incident=incident,
        made_at=now,
        edit_until=edit_until(max(watches.values(), default=None), now=now),
    )
    _record_in("learning.write", made, by=actor, now=now, kind=kind)
    return made


@transaction.atomic(durable=True)
def correct(learning_id: int, text: str, kind: str, *, person: Person, actor: Actor, now: dt.datetime) -> Learning:
    """Its writer says it better, while the watch in which it was written lasts. Raises Refused, NotAllowed with the reason."""
    row = _lock_in(learning_id, person)
    text = _line(text)
    _known(kind)
    asked = row.link_id is not None
    why = why_not_edit(mine=row.person_id == person.id, closed=row.closed_at is not None, asked=asked, until=row.edit_until, now=now)
    if why:
        raise (Refused if row.person_id == person.id else NotAllowed)(why)
    before = {"kind": row.kind, "text": row.text}
    row.text, row.kind, row.edited_at = text, kind, now
    row.save(update_fields=["text", "kind", "edited_at"])
    _record_in("learning.correct", row, by=actor, now=now, before=before)
    return row


@transaction.atomic(durable=True)
def close(learning_id: int, outcome: str, document: str = "", *, person: Person, actor: Actor, now: dt.datetime) -> Learning:
    """Something became of it: the document that was changed for it, or a sentence. Raises Invalid without either, AlreadyDone."""
    row = _allowed_in(learning_id, person)
    outcome, document = " ".join(in_a_line(plain(outcome)).split()), plain(document).strip()
    if not outcome and not document:
        raise Invalid("Say what became of it: the address of what was changed, or a sentence.", field="outcome")
    if len(outcome) > LONGEST:
        raise Invalid(f"It has {len(outcome)} characters; keep it under {LONGEST}.", field="outcome")
    if document and not is_address(document):
        raise Invalid(f"{document[:100]!r} is no web address. Expected one such as https://example.org/handbook.", field="document")
    if row.closed_at is not None:
        raise AlreadyDone(f"It was closed already, {row.closed_at:%d %B %H:%M} UTC.")
    row.outcome, row.document, row.closed_at, row.closed_by = outcome, document, now, person
    row.save(update_fields=["outcome", "document", "closed_at", "closed_by"])
    _record_in("learning.close", row, by=actor, now=now, outcome=outcome, document=document)
    return row


@transaction.atomic(durable=True)
def make_issue(learning_id: int, place: str, *, person: Person, actor: Actor, now: dt.datetime) -> Learning:
    """An issue of it, asked for by a human. Never of what was learned from a restricted incident."""
    row = _allowed_in(learning_id, person)
    if row.incident is not None and row.incident.restricted:
        raise Refused(
            "It is about a restricted incident, so no issue is made of it. Write one yourself, without what others must not know."
        )
    if row.link_id is not None:
        raise AlreadyDone("An issue was asked for already.")
    if row.closed_at is not None:
        raise Refused("It is closed. Write a new one if it comes up again.")
    chosen = next((each for each in places(row.team, now=now) if each.key == place), None)
    if chosen is None:
        raise Invalid(f"{row.team.name} has no such project in which an issue can be made. Choose one of the list.", field="place")
    about = f"#{row.incident.number}" if row.incident is not None else ""
    ask = NoteAsk(row.text, KINDS[row.kind], person.name if row.person_id == person.id else row.person.name, about, f"/learnings/{row.id}")
    row.link = make_issue_in(ask, chosen.tracker_id, chosen.project, chosen.labels, confidential=chosen.confidential, now=now)
    row.save(update_fields=["link"])
    _record_in("learning.issue", row, by=actor, now=now, project=chosen.project)
    bus.wake_engine()
    return row


def _allowed_in(learning_id: int, person: Person) -> Learning:
    row = _lock_in(learning_id, person)
    decision = decide(viewer_of(person), Verb.RESPOND, team_id=row.team_id)
    if row.person_id != person.id and not decision.allowed:
        raise NotAllowed(decision.why)
    return row


def _lock_in(learning_id: int, person: Person) -> Learning:
    """Seen first, then locked and read again."""
    seen = by_id(viewer_of(person), learning_id)
    rows = Learning.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("team", "person", "incident").get(pk=seen.pk)


def _watches(person: Person, *, now: dt.datetime) -> dict[int, dt.datetime]:
    """The teams whose watch this person has now, with its end."""
    teams = dict(Schedule.objects.filter(is_active=True).order_by("position", "id").values_list("id", "team_id"))
    found: dict[int, dt.datetime] = {}
    for schedule_id, those in on_call(list(teams), at=now).items():
        for one in those:
            if one.person_id == person.id and not one.shadow:
                team = teams[schedule_id]
                found[team] = max(found.get(team, one.until), one.until)
    return found


def _team_of(person: Person, name: str, watches: dict[int, dt.datetime]) -> Team:
    """The named one; else the one whose watch they have; else the one in which they may most. Raises NotAllowed where they may in none."""
    viewer = viewer_of(person)
    if name:
        named = Team.objects.filter(name=plain(name), is_active=True).first()
        if named is None:
            raise Invalid(f"There is no team called {name[:100]!r}.", field="team")
        decision = decide(viewer, Verb.RESPOND, team_id=named.pk)
        if not decision.allowed:
            raise NotAllowed(decision.why)
        return named
    order = [*watches, *sorted(viewer.roles, key=lambda team: (-RANK.get(viewer.roles[team], 0), team))]
    for team_id in order:
        if team_id in watches or decide(viewer, Verb.RESPOND, team_id=team_id).allowed:
            return Team.objects.get(pk=team_id)
    raise NotAllowed(f"{person.handle} is a responder of no team, so there is nobody to learn from it. Ask an administrator of the team.")


def _line(text: str) -> str:
    line = " ".join(in_a_line(plain(text)).split())
    if not line:
        raise Invalid("It is empty. Say in one line what should be better.", field="text")
    if len(line) > LONGEST:
        raise Invalid(f"It has {len(line)} characters; keep it under {LONGEST}.", field="text")
    return line


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise Invalid(f"The kind is {kind[:100]!r}; it can be {', '.join(KINDS)}.", field="kind")


def _record_in(action: str, row: Learning, /, *, by: Actor, now: dt.datetime, **detail: object) -> None:
    restricted = row.incident is not None and row.incident.restricted
    if restricted:  # what it says stands in its story, for whoever may see that
        detail = {name: value for name, value in detail.items() if name in ("kind", "project")}
    entry = Entry(
        action,
        "learning",
        str(row.id),
        incident_id=row.incident_id,
        team_id=row.team_id,
        restricted=restricted,
        detail=dict(detail),
    )
    record_in([entry], by=by, now=now)
