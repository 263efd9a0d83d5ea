"""Coverage by hand over HTTP: who takes a watch, replaces somebody, is added, removed or shadows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from watchbill.api.access import Caller, caller, needs
from watchbill.api.errors import answer
from watchbill.api.exchanges import OverrideIn, OverrideOut, StandInIn
from watchbill.api.lists import cursor_field, entry_id, limit_field, person_named
from watchbill.api.shapes import ListOut, Word
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.response.covering import may_cover, may_cover_all
from watchbill.schedules import actions
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.selectors import by_name, override_object, overrides_of, teams_of

router = Router(tags=["schedules"])


@router.get("/schedules/{path:name}/overrides", response=ListOut[OverrideOut], **needs("schedules:read"))
def list_overrides(
    request: HttpRequest,
    name: Word,
    everything: bool = Query(False, alias="all", description="Also those that are over or withdrawn."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """The overrides that run or are still to come, in the order in which they were made."""
    found = overrides_of([by_name(name)], now=None if everything else database_now()).order_by("id").filter(id__gt=entry_id(cursor))
    rows = list(found[: limit + 1])
    return answer({"items": [override_object(row) for row in rows[:limit]], "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.post("/schedules/{path:name}/overrides", response={201: OverrideOut}, **needs("schedules:write"))
def add_override(request: HttpRequest, name: Word, body: OverrideIn) -> HttpResponse:
    """Change who has the watch for a while."""
    who, now = caller(request), database_now()
    schedule = by_name(name)
    _may_cover(who, schedule)
    change = actions.Change(
        kind=body.kind,
        person=person_named(body.person, field="person"),
        replaced=person_named(body.replaced, field="replaced") if body.replaced else None,
        start=body.start,
        end=body.end,
        layer=body.layer,
        reason=body.reason,
    )
    if body.until is not None:
        actions.check_change(schedule, change, now=now)
        every = actions.repeated(schedule, change, body.until)
        made, *_ = actions.add_series(schedule, every, by=who.actor, now=now, allow_gap=body.allow_gap)
    else:
        made = actions.add_override(schedule, change, by=who.actor, now=now, allow_gap=body.allow_gap)
    return answer(_now(made.id), status=201)


@router.delete("/schedules/{path:name}/overrides/{int:id}", response=OverrideOut, **needs("schedules:write"))
def end_override(
    request: HttpRequest,
    name: Word,
    id: int,  # noqa: A002  the address names it so
    allow_gap: bool = Query(False, description="It may leave nobody on watch. Otherwise that is refused, as `new_gap`."),
    series: bool = Query(False, description="Also all others that were made together with it, on every schedule, and are not over."),
) -> HttpResponse:
    """Take an override back. One that runs ends now; what it did until now stays."""
    who = caller(request)
    schedule = by_name(name)
    if not Override.objects.filter(id=id, schedule=schedule).exists():
        raise NotFound(f"There is no override {id} on {schedule.name}.", override=id)
    decision = may_cover_all(who.viewer, teams_of(id) if series else {schedule.team_id}, now=database_now())
    if not decision.allowed:
        raise NotAllowed(decision.why)
    withdraw = actions.withdraw_series if series else actions.withdraw_override
    withdraw(id, by=who.actor, now=database_now(), allow_gap=allow_gap)
    return answer(_now(id))


@router.post("/stand-ins", response={201: ListOut[OverrideOut]}, **needs("schedules:write"))
def stand_in(request: HttpRequest, body: StandInIn) -> HttpResponse:
    """Somebody takes everything of somebody else for a while: one replacement on each schedule on which they have the watch, all or none."""
    who, now = caller(request), database_now()
    person, replaced = person_named(body.person, field="person"), person_named(body.replaced, field="replaced")
    change = actions.Change("replace", person, body.start, body.end, replaced, reason=body.reason)
    schedules = [schedule for schedule, _ in actions.everywhere(change, now=now)]
    for schedule in schedules:
        _may_cover(who, schedule)
    made = actions.add_together([(schedule, change) for schedule in schedules], by=who.actor, now=now, allow_gap=body.allow_gap)
    return answer({"items": [_now(each.id) for each in made], "next": None}, status=201)


def _now(override_id: int) -> dict[str, object]:
    return override_object(Override.objects.select_related("schedule", "person", "replaced", "created_by").get(id=override_id))


def _may_cover(who: Caller, schedule: Schedule) -> None:
    decision = may_cover(who.viewer, schedule.team_id, now=database_now())
    if not decision.allowed:
        raise NotAllowed(decision.why)
