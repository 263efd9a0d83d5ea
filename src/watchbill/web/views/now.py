"""Now: who has the watch until when, what pages me, what is open, everybody on call."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.duties.selectors.due import mine as duties_of
from watchbill.handoff.selectors import offered_to
from watchbill.handoff.selectors.ending import to_settle
from watchbill.incidents.models import Incident, Service, Task
from watchbill.incidents.selectors import visible_to
from watchbill.intake.selectors import quiet
from watchbill.notifications.rules import Ready
from watchbill.notifications.selectors import providers_tested
from watchbill.response.readiness import Watchkeeper, readiness
from watchbill.response.selectors import COUNTED, board, count_open, held_by
from watchbill.schedules.selectors import covers_for, offers_to
from watchbill.web import rosters, waiting
from watchbill.web.rows import counting_down, rows_of_pairs
from watchbill.web.visit import DeskRequest, Visit, signed_in
from watchbill.web.words import READINESS, Face

SHOWN = 8  # watches to come; the others behind one press
LATE = 5  # tasks past their day; all of them are on the page of the watch
ROWS = 40  # open incidents, what breaks its promise first; the others are in the list


@require_safe
@signed_in
def now(request: DeskRequest) -> HttpResponse:
    """The first page. With nothing set up yet: what to do next."""
    visit = request.visit
    posts = rosters.posts(at=visit.now)
    if not posts and not Service.objects.exists():
        return render(request, "first_run.html", {"section": "now"})
    shown = [(row.incident, row.page) for row in board(visit.viewer, now=visit.now, limit=ROWS)]
    held = held_by(visit.viewer)
    ahead = waiting.look_ahead(request, {*counting_down(shown), *counting_down(held)})
    paging = waiting.pages_of(request)
    rows = rows_of_pairs(shown, now=visit.now, ahead=ahead)
    opened = len(rows) if len(rows) < ROWS else count_open(visit.viewer)
    coming = _coming(visit)
    context = {
        "section": "now",
        "paging": paging[0] if paging else None,
        "also": paging[1:],
        "rows": rows,
        "open_count": f"{COUNTED:,} or more" if opened >= COUNTED else opened,
        "open_more": opened - len(rows),
        "mine": rows_of_pairs(held, now=visit.now, ahead=ahead),
        "offers": list(offers_to(visit.person, now=visit.now)),
        "to_me": offered_to(visit.viewer),
        "duties": duties_of(visit.person.id, now=visit.now),
        "settle": to_settle(visit.viewer, now=visit.now),
        "late_tasks": _late_tasks(visit),
        "covers": list(covers_for(visit.person, now=visit.now)),
        "posts": posts,
        "watch": _watch(visit, posts),
        "coming": coming[:SHOWN],
        "coming_more": coming[SHOWN:],
        "last_resolved": None if rows else _last_resolved(visit),
        "providers_red": _providers_red(visit),
        "quiet": quiet.running_now(visit.viewer, now=visit.now),
        "service_names": Service.objects.filter(is_active=True).order_by("name").values_list("name", flat=True),
    }
    return render(request, "now.html", context)


def _late_tasks(visit: Visit) -> list[Task]:
    """Tasks of the reader whose day is over."""
    mine = Task.objects.filter(assignee=visit.person, done_at=None, due_on__lt=visit.now.astimezone(visit.zone).date())
    return list(mine.filter(incident__in=visible_to(visit.viewer)).select_related("incident").order_by("due_on", "id")[:LATE])


def _providers_red(visit: Visit) -> list[str]:
    """Providers that do not work, for whoever can mend them."""
    if not visit.viewer.is_admin:
        return []
    return [each.provider for each in providers_tested(now=visit.now) if each.health.is_red]


def _coming(visit: Visit) -> list[tuple[Watchkeeper, Face]]:
    """Who has a watch next, and who has one and cannot be woken: what must be mended first, else in the order of the schedules."""
    shown = [one for one in readiness(at=visit.now) if not one.runs or one.state is not Ready.READY]
    return [(one, READINESS[one.state]) for one in sorted(shown, key=lambda one: (not one.state.is_red, one.state is Ready.READY))]


def _watch(visit: Visit, posts: list[rosters.Post]) -> rosters.Watch | None:
    """The schedule that matters most to the reader, as a strip: one they stand on now, else one of their teams, else the first."""
    if not posts:
        return None

    def rank(post: rosters.Post) -> tuple[bool, bool, bool]:
        here = any(each.person.id == visit.person.id for each in post.on_call)
        return (not here, post.schedule.team_id not in visit.viewer.roles, post.schedule.hours == "business")

    return rosters.watch(min(posts, key=rank), visit)


def _last_resolved(visit: Visit) -> dt.datetime | None:
    rows = visible_to(visit.viewer).filter(status=Incident.Status.RESOLVED, restricted=False)
    return rows.order_by("-resolved_at").values_list("resolved_at", flat=True).first()
