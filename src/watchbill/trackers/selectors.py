"""Which trackers work here, what is mirrored from them, and what is still to be written there? Only reads."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, F, Q

from watchbill.kernel.errors import NotFound, NotReady
from watchbill.trackers.models import Issue, Link, Source, Tracker, Write

NAMES = {"gitlab": "GitLab", "github": "GitHub"}
OLDEST_LOOK = dt.timedelta(minutes=5)  # an engine that has a tracker in hand looks at it every minute
SILENT = dt.timedelta(hours=1)  # a project that was not read for so long is said


@dataclass(frozen=True, slots=True)
class Settings:
    """A tracker with its secrets as the environment has them now. `missing`: variables that it names and that are not set."""

    id: int
    name: str
    kind: str
    url: str
    writes: frozenset[str]
    tells: frozenset[str]
    people: tuple[tuple[str, str], ...]  # (handle, user name there)
    missing: tuple[str, ...]
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    @property
    def works(self) -> bool:
        """Can it be read?"""
        return bool(self.token)

    @property
    def noun(self) -> str:
        return NAMES.get(self.kind, self.kind)

    def user_of(self, handle: str) -> str:
        """Who that person is there; empty when the file does not say."""
        return dict(self.people).get(handle, "")

    def handle_of(self, user: str) -> str:
        """Who that user is here; empty when the file does not say. Trackers do not tell capital letters apart."""
        return next((handle for handle, name in self.people if name.lower() == user.lower()), "")


def settings_of(row: Tracker) -> Settings:
    """The row with what the environment has for it."""
    names = [row.token_env, row.webhook_env]
    token, secret = (os.environ.get(name, "") if name else "" for name in names)
    missing = tuple(sorted({name for name in names if name and not os.environ.get(name)}))
    people = tuple(sorted(row.people.items()))
    return Settings(row.id, row.name, row.kind, row.url, frozenset(row.writes), frozenset(row.tells), people, missing, token, secret)


def trackers() -> list[Settings]:
    """Every tracker of this installation, in the file's order."""
    return [settings_of(row) for row in Tracker.objects.filter(is_active=True).order_by("position", "id")]


def find(kind: str, name: str) -> Settings:
    """The tracker of that name, for whoever calls back. Raises NotFound, or NotReady while what proves a webhook is missing."""
    row = Tracker.objects.filter(kind=kind, name=name, is_active=True).first() if "\0" not in name else None
    if row is None:
        raise NotFound(f"There is no tracker of that name here. Expected the name of a tracker of kind {kind} of the configuration file.")
    found = settings_of(row)
    if not found.secret:
        raise NotReady(
            f"The tracker {name} hears no webhooks: its `webhook_env` is not in the configuration file, or the variable is not set here."
        )
    return found


def writing_now(names: Collection[str], *, now: dt.datetime) -> dict[str, Tracker]:
    """Of these trackers the ones that issues can be made in, by name. The secrets of one need not be here, as on a command line: an engine
    that has them looks at its tracker every minute."""
    rows = Tracker.objects.filter(name__in=names, is_active=True) if names else ()
    return {
        row.name: row
        for row in rows
        if "create_issue" in row.writes and (settings_of(row).works or (row.looked_at is not None and now - row.looked_at <= OLDEST_LOOK))
    }


def link_of(incident_id: int) -> Link | None:
    """The tracking issue of an incident, made or not yet."""
    return Link.objects.filter(incident_id=incident_id).select_related("tracker", "issue").first()


def links_of(incident_ids: Collection[int]) -> dict[int, Link]:
    """The same of several, by incident."""
    rows = Link.objects.filter(incident_id__in=incident_ids).select_related("tracker", "issue__tracker")
    return {row.incident_id: row for row in rows if row.incident_id is not None}


def unwritten(link: Link) -> list[Write]:
    """What is still to be written there, or failed, in the order in which it was asked for."""
    return list(Write.objects.filter(Q(due_at__isnull=False) | Q(given_up=True), link=link).order_by("id"))


@dataclass(frozen=True, slots=True)
class State:
    """Does a tracker answer? `unread`: projects that cannot be read, and why; `unwritten`: writes that failed."""

    tracker: Settings
    looked_at: dt.datetime | None
    account: str
    error: str
    heard_at: dt.datetime | None
    wait_until: dt.datetime | None
    unread: Mapping[str, str]
    unwritten: int


def states(*, now: dt.datetime) -> list[State]:
    """How the engine last found every tracker. Three queries."""
    failed = dict(Write.objects.filter(~Q(error="")).values_list("link__tracker_id").annotate(many=Count("id")))
    unread: dict[int, dict[str, str]] = {}
    for source in Source.objects.filter(wanted=True).order_by("project"):
        late = source.read_at is not None and now - source.read_at > SILENT
        if source.error or late:
            unread.setdefault(source.tracker_id, {})[source.project] = (
                source.error or f"not read since {source.read_at:%Y-%m-%d %H:%M} UTC."
            )
    rows = Tracker.objects.filter(is_active=True).order_by("position", "id")
    return [
        State(
            settings_of(row),
            row.looked_at,
            row.account,
            row.error,
            row.heard_at,
            row.wait_until,
            unread.get(row.id, {}),
            failed.get(row.id, 0),
        )
        for row in rows
    ]


def waiting_until(tracker_id: int) -> dt.datetime | None:
    """Until when the tracker asked to be left alone."""
    return Tracker.objects.filter(pk=tracker_id).values_list("wait_until", flat=True).first()


def account_of(tracker_id: int) -> str:
    """As whom it knows us, as far as it was asked."""
    return Tracker.objects.filter(pk=tracker_id).values_list("account", flat=True).first() or ""


def sources_of(tracker_id: int, project: str, *, changes: bool) -> list[Source]:
    """What is read of that project. Trackers do not tell capital letters of projects apart."""
    return list(Source.objects.filter(tracker_id=tracker_id, project__iexact=project, changes=changes, wanted=True))


def open_numbers(source: Source) -> set[int]:
    """What is open there as far as we know."""
    where = {"tracker_id": source.tracker_id, "project": source.project, "changes": source.changes}
    return set(Issue.objects.filter(**where, state=Issue.State.OPEN).values_list("number", flat=True))


def told_to(issue: Issue) -> dt.datetime | None:
    """How far back what was said there must be read; None: until somebody's word."""
    told = [dt.datetime.fromisoformat(to) for to in issue.links.values_list("told__to", flat=True) if to]
    return min(told) if told else issue.word_at


def wordless(tracker_id: int, *, now: dt.datetime, limit: int) -> list[Issue]:
    """Issues whose comments must be read: open ones that have a severity, and those that something here follows, that changed since they last were."""
    asked = Q(words_to__isnull=True) | Q(words_to__lt=F("updated_at"))
    which = (Q(state="open") & ~Q(severity="")) | Q(links__incident_id__isnull=False) | Q(links__draft__follow=True)
    rows = Issue.objects.filter(asked, which, Q(listen_at=None) | Q(listen_at__lte=now), tracker_id=tracker_id)
    return list(rows.order_by("words_to", "updated_at").distinct()[:limit])


def issue_at(tracker_id: int, project: str, number: int, *, changes: bool) -> Issue | None:
    """What is mirrored of that one."""
    return Issue.objects.filter(tracker_id=tracker_id, project=project, number=number, changes=changes).first()


def named_users(row: Sequence[str], settings: Settings) -> list[str]:
    """Their handles here, as far as they are known."""
    return [handle for user in row if (handle := settings.handle_of(user))]
