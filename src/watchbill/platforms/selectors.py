"""Which platforms work here, what is mirrored from them, and what is still to be written there? Only reads."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, F, Q

from watchbill.kernel.errors import NotFound, NotReady
from watchbill.platforms.models import Activity, Platform, Remote, Write

NAMES = {"hackerone": "HackerOne", "github": "GitHub"}
OLDEST_LOOK = dt.timedelta(minutes=5)  # an engine that has a platform in hand looks at it every minute
SILENT = dt.timedelta(hours=1)  # a platform that was not read for so long is said


@dataclass(frozen=True, slots=True)
class Settings:
    """A platform with its secrets as the environment has them now. `missing`: variables that it names and that are not set."""

    id: int
    name: str
    kind: str
    url: str
    program: str
    triage_group: str
    tier_field: str
    writes: frozenset[str]
    variants: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    @property
    def works(self) -> bool:
        """Can it be read?"""
        return bool(self.token.strip())

    @property
    def account(self) -> str:
        """As whom it knows us: the first part of a token in two parts is no secret. Empty for a token of one part, all of which is."""
        first, colon, _ = self.token.partition(":")
        return first.strip() if colon else ""

    @property
    def noun(self) -> str:
        return NAMES.get(self.kind, self.kind)

    def variant(self, what: str, usual: str) -> str:
        """In which form that is written."""
        return dict(self.variants).get(what, usual)


def settings_of(row: Platform) -> Settings:
    """The row with what the environment has for it."""
    names = [row.token_env, row.webhook_env]
    token, secret = (os.environ.get(name, "") if name else "" for name in names)
    missing = tuple(sorted({name for name in names if name and not os.environ.get(name, "").strip()}))
    return Settings(
        row.id,
        row.name,
        row.kind,
        row.url,
        row.program,
        row.triage_group,
        row.tier_field,
        frozenset(row.writes),
        tuple(sorted(row.variants.items())),
        missing,
        token,
        secret,
    )


def platforms() -> list[Settings]:
    """Every platform of this installation, in the file's order."""
    return [settings_of(row) for row in Platform.objects.filter(is_active=True).order_by("position", "id")]


def is_platform(kind: str, name: str) -> bool:
    """Is there a platform of that kind and name?"""
    return "\0" not in name and Platform.objects.filter(kind=kind, name=name, is_active=True).exists()


def find(kind: str, name: str) -> Settings:
    """The platform of that name, for whoever calls back. Raises NotFound, or NotReady while what proves a webhook is missing."""
    row = Platform.objects.filter(kind=kind, name=name, is_active=True).first() if "\0" not in name else None
    if row is None:
        raise NotFound(f"There is no platform of that name here. Expected the name of a platform of kind {kind} of the configuration file.")
    found = settings_of(row)
    if not found.secret.strip():
        raise NotReady(
            f"The platform {name} hears no webhooks: its `webhook_env` is not in the configuration file, or the variable is not set here."
        )
    return found


@dataclass(frozen=True, slots=True)
class State:
    """Does a platform answer? `waiting`: writes that are due; `failed`: those of which a try failed; `unknown`: those that ended so."""

    platform: Settings
    looked_at: dt.datetime | None
    read_at: dt.datetime | None
    account: str
    error: str
    heard_at: dt.datetime | None
    wait_until: dt.datetime | None
    known: Mapping[str, Mapping[str, str]]
    aside: Mapping[str, str]
    mirrored: int
    waiting: int
    failed: int
    unknown: int


def states(*, now: dt.datetime) -> list[State]:
    """How the engine last found every platform. Three queries."""
    waits, failed = Q(end=Write.End.WAITING), Q(end=Write.End.WAITING) & ~Q(error="")
    counts = Write.objects.filter(end__in=[Write.End.WAITING, Write.End.UNKNOWN]).values_list("remote__platform_id")
    writes = {
        id_: (some, bad, unknown)
        for id_, some, bad, unknown in counts.annotate(
            some=Count("id", filter=waits), bad=Count("id", filter=failed), unknown=Count("id", filter=Q(end=Write.End.UNKNOWN))
        )
    }
    mirrored = dict(Remote.objects.values_list("platform_id").annotate(many=Count("id")))
    rows = Platform.objects.filter(is_active=True).order_by("position", "id")
    return [
        State(
            settings_of(row),
            row.looked_at,
            row.read_at,
            row.account,
            row.error or row.known.get("problem", "") or _late(row, now=now),
            row.heard_at,
            row.wait_until,
            row.known,
            row.aside,
            mirrored.get(row.id, 0),
            *writes.get(row.id, (0, 0, 0)),
        )
        for row in rows
    ]


def waiting_until(platform_id: int) -> dt.datetime | None:
    """Until when the platform asked to be left alone."""
    return Platform.objects.filter(pk=platform_id).values_list("wait_until", flat=True).first()


def platform_row(platform_id: int) -> Platform:
    """The row as it is now: what may be written, what is known of groups and fields."""
    return Platform.objects.get(pk=platform_id)


def unheard(platform_id: int, *, now: dt.datetime, limit: int) -> list[Remote]:
    """Reports of which must be read what was said: it was never read, or something happened since. The latest first."""
    asked = Q(read_to__isnull=True) | Q(read_to__lt=F("active_at"))
    rows = Remote.objects.filter(asked, Q(listen_at=None) | Q(listen_at__lte=now), platform_id=platform_id, gone_at=None)
    return list(rows.defer("body").order_by("-is_open", "-active_at")[:limit])


def open_remotes(platform_id: int) -> list[Remote]:
    """What is open there as far as we know."""
    return list(Remote.objects.filter(platform_id=platform_id, is_open=True, gone_at=None).defer("body"))


def remote_of(platform_id: int, external_id: str) -> Remote | None:
    """What is mirrored of that one."""
    return Remote.objects.filter(platform_id=platform_id, external_id=external_id).first()


def known_activities(platform_id: int, activities: Collection[str]) -> set[tuple[str, str]]:
    """Of these the ones that are here, with their reports."""
    rows = Activity.objects.filter(remote__platform_id=platform_id, external_id__in=activities) if activities else Activity.objects.none()
    return set(rows.values_list("remote__external_id", "external_id"))


def unwritten(remote: Remote) -> Sequence[Write]:
    """What is still to be written there, or ended without being known, in the order in which it was asked for."""
    return list(remote.writes.filter(end__in=[Write.End.WAITING, Write.End.UNKNOWN]).order_by("id"))


def _late(row: Platform, *, now: dt.datetime) -> str:
    if row.read_at is None or now - row.read_at <= SILENT:
        return ""
    return f"not read since {row.read_at:%Y-%m-%d %H:%M} UTC."
