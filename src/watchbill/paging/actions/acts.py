"""What people, sources and the outbox do to pages that stand, each in the transaction of whoever acts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from django.db import connection
from django.db.models import Q

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.incidents.actions import Line, end_paged_access_in, tell_in
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.notifications.actions import cancel_in
from watchbill.paging import rules
from watchbill.paging.actions.writing import Look, write_in, write_walks_in
from watchbill.paging.models import Page
from watchbill.paging.rules import Advance, Fired, Said, Walk
from watchbill.paging.selectors.rows import Row, hold, with_tried
from watchbill.paging.selectors.world import world_of


def acknowledge_in(page_id: int, person_id: int, *, now: dt.datetime) -> bool:
    """Somebody takes it. False: somebody was first, or it is over."""
    row = _one(page_id)
    world = world_of([replace(row.walk, owner_id=row.walk.owner_id or person_id)], now=now)
    return _put(row, rules.acknowledge(row.walk, person_id, now=now, world=world))


def word_in(incident_id: int, *, now: dt.datetime) -> None:
    """A human word about the incident: the ack timeout of its respond page counts from here."""
    owned = Q(status=Page.Status.ACKNOWLEDGED) | Q(status=Page.Status.PAUSED, paused_status=Page.Status.ACKNOWLEDGED)
    ids = Page.objects.filter(owned, incident_id=incident_id, purpose="respond").values_list("id", flat=True)
    for row in hold(list(ids)):
        _put(row, rules.word(row.walk, now=now, world=world_of([row.walk], now=now)))


def resolve_in(page_ids: Collection[int], *, now: dt.datetime) -> list[int]:
    """These pages are over. Which of them were open until now. Whoever saw a restricted incident only by being paged sees it no longer."""
    rows = hold(page_ids)
    changed = [(row, walk) for row in rows if (walk := rules.resolve(row.walk, now=now)) is not None]
    if changed:
        write_walks_in(changed)
        _end_access_in({row.incident_id for row, _ in changed if row.restricted}, now=now)
    return [row.page_id for row, _ in changed]


def escalate_in(page_id: int, *, now: dt.datetime, by: Actor) -> bool:  # noqa: ARG001  story and audit of the caller name them
    """The next step now; on the last one the last resort. Acknowledged becomes triggered. False: the page is over."""
    return _urge(page_id, lambda walk: rules.escalate(walk, now=now), now=now)


def start_again_in(page_id: int, *, now: dt.datetime, skip_first: bool = False) -> bool:
    """From step 1 of its copy, now: given back, or still firing at the end of a maintenance. `skip_first`: from step 2."""
    return _urge(page_id, lambda walk: rules.start_again(walk, now=now, skip_first=skip_first), now=now)


def louder_in(page_id: int, *, now: dt.datetime) -> bool:
    """From here on it is a loud page. One that waits starts again from step 1, at once. Says whether it was so."""
    Page.objects.filter(pk=page_id).update(urgency="high")
    row = _one(page_id)
    world = world_of([row.walk], now=now)
    walk = rules.louder(row.walk, now=now, world=world)
    if walk is None:
        return False
    if walk.urged:
        write_in([Look(row, rules.advance(walk, now=now, world=world))], now=now)
    else:
        write_walks_in([(row, walk)])
    return walk.urged


def aim_in(page_id: int, person_id: int, *, now: dt.datetime) -> bool:
    """Before any acknowledgement: this person is asked instead, now. Silent, they are followed by the policy. False: it is owned."""
    return _urge(page_id, lambda walk: rules.aim(walk, person_id, now=now), now=now)


def snooze_in(page_id: int, until: dt.datetime, reason: str, *, now: dt.datetime) -> bool:
    """Its owner puts it off, at most 24 hours, with a reason. Raises Invalid for another time."""
    if not now < until <= now + rules.SNOOZE_LIMIT:
        raise Invalid(
            "A page can be put off for 24 hours at most, and not into the past. Choose a time within the next 24 hours.", until=until
        )
    return _pause(page_id, until, reason, now=now)


def pause_in(page_id: int, for_: dt.timedelta, reason: str, *, now: dt.datetime) -> bool:
    """The walk stands still for so long: a manager is calling (`rules.CALLING`), or a maintenance began. It goes on by itself."""
    return _pause(page_id, now + for_, reason, now=now)


def resume_in(page_id: int, *, now: dt.datetime) -> bool:
    """The pause ends now."""
    row = _one(page_id)
    bus.wake_engine()
    return _put(row, rules.resume(row.walk, now=now))


def hold_back_in(pages: Mapping[int, tuple[dt.datetime, str]], *, now: dt.datetime) -> list[int]:
    """Of these pages (until when, why) those that nobody has wait for the end of a maintenance; what waits to be sent for them is not sent.

    Answers which are held back newly. One that is held back already only ever waits longer.
    """
    changed = [
        (row, walk)
        for row in hold(list(pages))
        if (walk := rules.hold_back(row.walk, until=pages[row.page_id][0], reason=pages[row.page_id][1][:200], now=now)) is not None
    ]
    if not changed:
        return []
    write_walks_in(changed)
    new = [row for row, _ in changed if row.walk.maintenance_at is None]
    cancel_in(page_ids=[row.page_id for row in new], now=now)
    tell_in(
        [
            Line(row.incident_id, "paused", f"{pages[row.page_id][1]}. Nobody is paged until it is over.", None, "engine", {}, row.page_id)
            for row in new
        ],
        now=now,
    )
    record_in(
        [Entry("page.pause", "page", str(r.page_id), r.incident_id, r.walk.team_id, r.restricted, {"number": r.number}) for r in new],
        by=ENGINE,
        now=now,
    )
    return [row.page_id for row in new]


def put_off_in(pages: Mapping[int, dt.datetime]) -> None:
    """The silence of whoever has these pages is asked about then, when the maintenance of their service is over."""
    rows = [(row, rules.put_off(row.walk, until=pages[row.page_id])) for row in hold(list(pages))]
    write_walks_in([(row, walk) for row, walk in rows if walk is not None])


def let_go_in(pages: Mapping[int, tuple[dt.datetime, str]], *, now: dt.datetime) -> None:
    """The maintenance of these pages ends then, and why they still wait. A time that has come: they go on at the engine's next look."""
    changed = [
        (row, walk)
        for row in hold(list(pages))
        if (walk := rules.let_go(row.walk, at=pages[row.page_id][0], reason=pages[row.page_id][1][:200])) is not None
    ]
    write_walks_in(changed)
    if any(walk.due_at is not None and walk.due_at <= now for _, walk in changed):
        bus.wake_engine()


def page_people_in(page_id: int, person_ids: Iterable[int], reason: str, *, now: dt.datetime) -> None:
    """Ask these people now, by hand: the walk stays where it is. Whoever has left is not asked. Raises NotFound, Refused when it is over."""
    row = _one(page_id)
    if row.walk.status == Page.Status.RESOLVED:
        raise Refused("This page is over: nobody can be asked by it any more. Escalate the incident to page again.")
    ids = tuple(dict.fromkeys(person_ids))
    world = world_of([replace(row.walk, held=tuple((person_id, now) for person_id in ids))], now=now)
    people = tuple(person_id for person_id in ids if world.can_be_asked(person_id))
    step = max(row.walk.step - 1, 0)
    skipped = tuple(rules.Skipped(step, world.name(person_id), "has left") for person_id in ids if person_id not in people)
    if not people:
        return
    firing = Fired("manual", step, row.walk.round, people, (reason,) * len(people), skipped, row.walk.urgency)
    said = Said("step", f"Asked by hand: {world.names(people)}.", {"firing": "manual", "people": list(people)})
    write_in([Look(row, Advance(replace(row.walk, firings=row.walk.firings + 1), firing, (said,)))], now=now)


def source_cleared_in(page_ids: Collection[int], *, now: dt.datetime) -> None:
    """Every alert is resolved by its source: a page that nobody acknowledged is quiet once one person was reached."""
    reached = _reached(page_ids)
    rows = hold(page_ids)
    changed = [(row, walk) for row in rows if (walk := rules.clear(row.walk, reached=row.page_id in reached, now=now)) is not None]
    write_walks_in(changed)
    _quiet_in([(row, walk) for row, walk in changed if walk.quiet_at is not None], now=now)


def reached_in(page_ids: Collection[int], *, now: dt.datetime) -> None:
    """Somebody was reached about these pages. Only those whose source has cleared are changed: they are quiet from here on."""
    waiting = Page.objects.filter(id__in=page_ids, source_cleared=True, quiet_at__isnull=True).exclude(status=Page.Status.RESOLVED)
    ids = list(waiting.values_list("id", flat=True)) if page_ids else []
    changed = [(row, walk) for row in hold(ids) if (walk := rules.reach(row.walk, now=now)) is not None] if ids else []
    write_walks_in(changed)
    _quiet_in(changed, now=now)


def all_failed_in(failed: Collection[tuple[int, int]], *, now: dt.datetime) -> None:
    """Every method of everybody whom this firing of this page asked has failed for good: what comes next comes now.

    Unless somebody else of the step was reached: by a firing when their hours began, or by hand. One of a step that is over is old news.
    Of the last resort: whoever stands behind them is asked now.
    """
    firing = dict(sorted(failed))
    changed, lines = [], []
    rows = hold(list(firing)) if firing else []
    spent = _spent(rows)
    _ask_next_resort_in([row for row in rows if row.page_id in spent and row.walk.status == Page.Status.EXHAUSTED], now=now)
    for row in rows:
        walk = rules.fail_early(row.walk, now=now) if row.page_id in spent else None
        if walk is not None:
            changed.append((row, walk))
            text = "Nobody whom this step asked can be reached: what comes next comes now."
            lines.append(Line(row.incident_id, "notified_failed", text, None, "engine", {"firing": firing[row.page_id]}, row.page_id))
    if changed:
        write_walks_in(changed)
        tell_in(lines, now=now)
        bus.wake_engine()


def _ask_next_resort_in(rows: Collection[Row], *, now: dt.datetime) -> None:
    asked = _asked_as_last_resort([row.page_id for row in rows]) if rows else {}
    for row in rows:
        world = world_of([row.walk], now=now)
        look = rules.next_resort(row.walk, asked.get(row.page_id, []), now=now, world=world)
        if look is not None:
            write_in([Look(row, look)], now=now)
            bus.wake_engine()


def _one(page_id: int) -> Row:
    rows = hold([page_id])
    if not rows:
        raise NotFound("This page does not exist.")
    return with_tried(rows)[0]


def _put(row: Row, walk: Walk | None) -> bool:
    if walk is None:
        return False
    write_walks_in([(row, walk)])
    return True


def _urge(page_id: int, act: Callable[[Walk], Walk | None], *, now: dt.datetime) -> bool:
    """Change the walk and take the look that follows in the same transaction, so that it pages at once."""
    row = _one(page_id)
    walk = act(row.walk)
    if walk is None:
        return False
    world = world_of([walk], now=now)
    write_in([Look(row, rules.advance(walk, now=now, world=world))], now=now)
    return True


def _pause(page_id: int, until: dt.datetime, reason: str, *, now: dt.datetime) -> bool:
    row = _one(page_id)
    return _put(row, rules.pause(row.walk, until=until, reason=reason[:200], now=now))


def _quiet_in(changed: Collection[tuple[Row, Walk]], *, now: dt.datetime) -> None:
    """What still waits to be sent for these pages is not sent, and the story says why it is quiet."""
    if not changed:
        return
    cancel_in(page_ids=[row.page_id for row, _ in changed], now=now)
    text = "Somebody was reached, and the source says that it is over: nobody else is paged. Somebody must still look."
    tell_in([Line(row.incident_id, "cleared", text, None, "engine", {"quiet": True}, row.page_id) for row, _ in changed], now=now)


def _reached(page_ids: Collection[int]) -> set[int]:
    sql = """
    SELECT DISTINCT n.page_id FROM notifications_notification n LEFT JOIN notifications_notification carrier ON carrier.id = n.bundle_id
    WHERE n.page_id = ANY(%s) AND n.person_id IS NOT NULL AND 'delivered' IN (n.state, carrier.state)"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(page_ids)])
        return {row[0] for row in cursor.fetchall()}


def _spent(rows: Collection[Row]) -> set[int]:
    """Pages that have reached nobody, and can reach nobody any more, since the step, the person in daylight order, or the last resort that
    they are on was asked."""
    sql = """
    WITH began AS (
      SELECT page_id, max(n) AS n FROM paging_firing WHERE page_id = ANY(%s) AND kind IN ('step', 'daylight', 'aimed', 'last_resort', 'again')
      GROUP BY page_id)
    SELECT b.page_id FROM began b JOIN notifications_notification n ON n.page_id = b.page_id AND n.firing >= b.n AND n.kind <> 'status'
    LEFT JOIN notifications_notification carrier ON carrier.id = n.bundle_id
    GROUP BY b.page_id HAVING bool_and(coalesce(carrier.state, n.state) = 'failed')"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [[row.page_id for row in rows]])
        return {row[0] for row in cursor.fetchall()}


def _asked_as_last_resort(page_ids: Collection[int]) -> dict[int, list[int]]:
    """Whom these pages asked as the last resort since the first of that chain was asked, in order."""
    sql = """
    WITH began AS (
      SELECT page_id, max(n) FILTER (WHERE kind = 'again') AS again,
        max(n) FILTER (WHERE kind NOT IN ('last_resort', 'again', 'manual', 'held', 'ping')) AS before
      FROM paging_firing WHERE page_id = ANY(%s) GROUP BY page_id)
    SELECT f.page_id, f.people FROM paging_firing f JOIN began b ON b.page_id = f.page_id
    WHERE f.kind IN ('last_resort', 'again') AND f.n >= coalesce(b.again, 0) AND f.n > coalesce(b.before, 0) ORDER BY f.page_id, f.n"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(page_ids)])
        found = cursor.fetchall()
    asked: dict[int, list[int]] = {}
    for page_id, people in found:
        asked.setdefault(page_id, []).extend(json.loads(people) if isinstance(people, str) else people)
    return asked


def _end_access_in(incident_ids: Collection[int], *, now: dt.datetime) -> None:
    """Being paged gives access while a page is open: to the end of the last one."""
    open_ = Page.objects.filter(incident_id__in=incident_ids).exclude(status=Page.Status.RESOLVED).values_list("incident_id", flat=True)
    over = sorted(set(incident_ids) - set(open_)) if incident_ids else []
    if over:
        end_paged_access_in(over, now=now)
