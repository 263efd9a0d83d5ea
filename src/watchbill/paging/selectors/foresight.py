"""Whom would a page reach that begins at some moment, if nobody answered? The engine's own rules, walked ahead with the watches of that time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.kernel.errors import NotFound
from watchbill.notifications.reach import Way, ways_of
from watchbill.paging.models import Policy
from watchbill.paging.rules import Ahead, Skipped, Walk, parse_copy, preview
from watchbill.paging.selectors.channels import channels_of, names_team_channel, placed
from watchbill.paging.selectors.world import last_resort_of_installation, world_of
from watchbill.people.models import Person

MOST = 60  # firings shown; a policy of many rounds is cut there


@dataclass(frozen=True, slots=True)
class Reached:
    """A person at a firing: why they are asked, and by which ways; `unreachable` says why there is none."""

    person: Person
    why: str
    ways: tuple[Way, ...]
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One firing to come. `step` counts from 1; `after` is the time since the page began."""

    kind: str
    step: int
    round: int
    at: dt.datetime
    after: dt.timedelta
    people: tuple[Reached, ...]
    skipped: tuple[Skipped, ...]
    told: tuple[str, ...] = ()  # channels, which are nobody

    @property
    def wakes_nobody(self) -> bool:
        """Is everybody whom it asks without a way to be reached?"""
        return all(reached.unreachable for reached in self.people)


def policy_named(name: str) -> Policy:
    """The policy of that name. Raises NotFound."""
    found = Policy.objects.filter(name=name, is_active=True).select_related("team", "last_resort").first()
    if found is None:
        raise NotFound(f"There is no policy named {name!r}; `watchbill export` shows those that exist.")
    return found


def foresee(policy: Policy, *, at: dt.datetime, urgency: str = "high") -> list[Foreseen]:
    """The firings of a page that begins at that moment and that nobody answers, up to the last resort.

    Watches, working hours and days off are those of the moment of each firing; contacts and personal rules are those of now.
    """
    ahead = _ahead(policy, at=at, urgency=urgency)
    people = Person.objects.in_bulk({person for one in ahead for person in one.people})
    ways = {
        (methods, loud): ways_of({p for one in ahead if (one.methods, one.urgency) == (methods, loud) for p in one.people}, loud, methods)
        for methods, loud in {(one.methods, one.urgency) for one in ahead}
    }
    return [
        Foreseen(
            one.kind,
            one.step + 1,
            one.round,
            one.at,
            one.at - at,
            tuple(
                Reached(people[person], why, *ways[one.methods, one.urgency].get(person, ((), "")))
                for person, why in zip(one.people, one.reasons, strict=True)
                if person in people
            ),
            one.skipped,
            tuple(channel.name for channel in one.channels),
        )
        for one in ahead
    ]


def _ahead(policy: Policy, *, at: dt.datetime, urgency: str) -> list[Ahead]:
    last = [policy.last_resort_id, policy.team.last_resort_id, *last_resort_of_installation()]
    channel = channels_of({policy.team_id} if names_team_channel(policy.steps) else ()).get(policy.team_id)
    content = {
        "name": policy.name,
        "repeat": policy.repeat,
        "steps": [{**step, "notify": [placed(target, channel) for target in step["notify"]]} for step in policy.steps],
        "last_resort": list(dict.fromkeys(person for person in last if person is not None)),
    }
    walk = Walk(copy=parse_copy(content), opened_at=at, due_at=at, urgency=urgency, team_id=policy.team_id)
    return preview(walk, now=at, world=lambda moment: world_of([walk], now=moment), limit=MOST)


def described(policy: Policy, *, at: dt.datetime, urgency: str = "high") -> dict[str, object]:
    """The same as data: what the API and the command line answer."""
    return {
        "policy": policy.name,
        "team": policy.team.name,
        "at": at,
        "urgency": urgency,
        "firings": [_described(one) for one in foresee(policy, at=at, urgency=urgency)],
    }


def _described(one: Foreseen) -> dict[str, object]:
    return {
        "kind": one.kind,
        "step": one.step,
        "round": one.round + 1,
        "at": one.at,
        "after_seconds": int(one.after.total_seconds()),
        "people": [
            {
                "person": {"handle": reached.person.handle, "name": reached.person.name},
                "why": reached.why,
                "ways": [{"kind": way.kind, "after_seconds": int(way.after.total_seconds())} for way in reached.ways],
                "unreachable": reached.unreachable,
            }
            for reached in one.people
        ],
        "skipped": [{"name": skipped.name, "why": skipped.why} for skipped in one.skipped],
    }
