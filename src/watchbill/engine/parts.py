"""What one round of the engine does, part by part. The loop knows them only by these names, so that a test can give it others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings

from watchbill.connectors.tested import providers
from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.actions.items import look_after_items
from watchbill.duties.actions.silence import ask_the_silent
from watchbill.duties.requests.actions import look_after_requests
from watchbill.handoff.actions.keeping import look_at_endings
from watchbill.handoff.actions.looking import look_at_handoffs
from watchbill.handoff.actions.watching import watch_over
from watchbill.intake.actions import keep_time, look_at_heartbeats, take_in
from watchbill.intake.selectors import next_quiet, quiet_work, untouched
from watchbill.notifications.actions import keep_providers_tested
from watchbill.notifications.selectors import unsent
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Page
from watchbill.paging.selectors import unproven
from watchbill.reports.actions.platform import make_what_is_there
from watchbill.reports.actions.promises import keep_promises
from watchbill.reports.actions.secrecy import look_at_marks
from watchbill.response.actions.absent import tell_of_absent
from watchbill.response.actions.drilling import drill
from watchbill.response.actions.hearing import hear
from watchbill.response.actions.turning import tell_of_watches
from watchbill.response.actions.unowned import alarm_unowned
from watchbill.response.actions.untaken import tell_of_untaken
from watchbill.schedules.actions import expire_covers, expire_offers

STEP_GRACE = dt.timedelta(seconds=5)  # a step fires at its time, 5 s later at most
EVENT_GRACE = dt.timedelta(seconds=60)  # a flood is taken in within seconds
SEND_GRACE = dt.timedelta(seconds=90)  # longer than any provider is waited for
# What wakes nobody within seconds, in the order of a round: the names of `Parts` below, and every how many seconds.
CHORES = {
    "alarm_unowned": 30.0,
    "look_at_handoffs": 2.0,
    "test_providers": 5.0,
    "drill": 20.0,
    "tell_of_absent": 60.0,
    "tell_of_watches": 15.0,
    "look_after_items": 30.0,
    "look_after_requests": 60.0,
    "ask_the_silent": 60.0,
    "look_after_duties": 20.0,
    "look_after_reports": 10.0,
    "make_what_is_there": 60.0,
    "expire": 5.0,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """Each takes `now`; the first two answer how much they did."""

    take_in: Callable[..., int]
    fire_due: Callable[..., int]
    hear: Callable[..., None]
    unproven: Callable[..., Sequence[str]]
    next_page: Callable[..., dt.datetime | None]
    gone_stale: Callable[..., set[int]]
    keep_quiet: Callable[..., int] = lambda *, now: 0  # noqa: ARG005  maintenances and heartbeats; a test that has none needs none
    next_quiet: Callable[..., dt.datetime | None] = lambda *, after: None  # noqa: ARG005
    alarm_unowned: Callable[..., int] = lambda *, now: alarm_unowned(now=now) + look_at_endings(now=now) + watch_over(now=now)
    test_providers: Callable[..., int] = lambda *, now: 0  # noqa: ARG005
    drill: Callable[..., int] = drill
    expire: Callable[..., int] = lambda *, now: 0  # noqa: ARG005
    tell_of_absent: Callable[..., int] = lambda *, now: tell_of_absent(now=now) + tell_of_untaken(now=now)
    tell_of_watches: Callable[..., int] = tell_of_watches
    look_at_handoffs: Callable[..., int] = look_at_handoffs
    look_after_items: Callable[..., int] = look_after_items
    look_after_requests: Callable[..., int] = look_after_requests
    ask_the_silent: Callable[..., int] = ask_the_silent
    look_after_duties: Callable[..., int] = look_after_duties
    make_what_is_there: Callable[..., int] = make_what_is_there
    look_after_reports: Callable[..., int] = lambda *, now: keep_promises(now=now) + look_at_marks(now=now)


def real() -> Parts:
    """The engine's real parts."""
    return Parts(
        take_in, fire_due, hear, unproven_work, next_page, gone_stale, keep_quiet, next_quiet, test_providers=test_providers, expire=expire
    )


def next_page(*, after: dt.datetime) -> dt.datetime | None:
    """When the next page must be looked at, if one must after that moment."""
    due = Page.objects.filter(due_at__gt=after, set_aside_at__isnull=True)
    return due.order_by("due_at").values_list("due_at", flat=True).first()


def keep_quiet(*, now: dt.datetime) -> int:
    """Begin and end maintenances, then look at heartbeats. Before pages: what a maintenance covers from now on is not paged now.

    One question in most rounds, since every page waits for it.
    """
    quiet, beats = quiet_work(now=now)
    return (keep_time(now=now) if quiet else 0) + (look_at_heartbeats(now=now) if beats else 0)


def expire(*, now: dt.datetime) -> int:
    """Offers of swaps and requests for cover end. That wakes nobody, so it may come a moment late."""
    return expire_offers(now=now) + expire_covers(now=now)


def gone_stale(pages: Sequence[tuple[int, dt.datetime]], *, now: dt.datetime) -> set[int]:  # noqa: ARG001
    """Of (page, when the notification was asked for): pages of which nobody need hear any more, acknowledged, resolved or in
    maintenance since then.

    Asked before anything old is sent: after an outage the truth of now counts, not the backlog.
    """
    asked = dict(pages)
    rows = Page.objects.filter(id__in=asked).values_list("id", "status", "acknowledged_at", "maintenance_at")
    return {
        id_
        for id_, status, acknowledged_at, maintenance_at in rows
        if status == Page.Status.RESOLVED
        or (status == Page.Status.PAUSED and maintenance_at is not None and maintenance_at >= asked[id_])
        or (status == Page.Status.ACKNOWLEDGED and acknowledged_at is not None and acknowledged_at > asked[id_])
    }


def unproven_work(*, now: dt.datetime) -> list[str]:
    """What was due and nobody did, as sentences with ids alone: events, steps of pages, notifications. Empty: all is proved.

    Each is another query than the one by which the work is found.
    """
    events = untouched(now=now, grace=EVENT_GRACE)
    pages = [each.page_id for each in unproven(now=now, grace=STEP_GRACE)]
    messages = unsent(now=now, grace=SEND_GRACE)
    found = [
        (events, "events were stored and nobody took them in", "event"),
        (pages, "pages were due and nobody looked at them", "page"),
        (messages, "notifications were due and nobody sent them", "notification"),
    ]
    return [f"{len(ids)} {said}; the first is {name} {ids[0]}." for ids, said, name in found if ids]


def test_providers(*, now: dt.datetime) -> int:
    """Send each provider its regular test when it is due; with the tests turned off, forget what they said."""
    every = settings.PROVIDER_TESTS
    wanted = providers() if every else []
    return keep_providers_tested(wanted, every=every or dt.timedelta(days=1), to=settings.PROVIDER_TESTS_TO, now=now)
