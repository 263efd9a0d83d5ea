"""What trackers show, kept here: projects claimed and read a page at a time, issues stored as they now are, what happened on them told once.

Reading goes by the time of the last change, oldest first, always from the last one known: whatever changes under the reader comes later once
more, and nothing slips between two pages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import Q

from watchbill.kernel import bus
from watchbill.trackers.messages import Found, News
from watchbill.trackers.models import Delivery, Issue, Link, Source, Tracker
from watchbill.trackers.rules.ends import read_again_in
from watchbill.trackers.rules.words import Word, is_bot_name, is_human, last_human, severity_of

BUSY = dt.timedelta(minutes=2)  # whoever reads a project has it for so long; one that died on it comes back then
SWEEP_EVERY = dt.timedelta(days=1)
LATER = dt.timedelta(minutes=5)
REMEMBERED = dt.timedelta(days=7)  # webhooks
FOLLOWED = Q(incident_id__isnull=False) | Q(draft__follow=True)  # links whose issues are told of here
FIELDS = (
    "title",
    "url",
    "labels",
    "severity",
    "author",
    "author_is_bot",
    "assignees",
    "described",
    "state",
    "confidential",
    "updated_at",
    "closed_at",
)


@transaction.atomic(durable=True)
def want_sources(wanted: Collection[tuple[int, str, bool]], *, now: dt.datetime) -> None:
    """These projects (tracker, project, change requests) are read from now on, and no others."""
    rows = {(row.tracker_id, row.project, row.changes): row for row in Source.objects.select_for_update()}
    for key in sorted(set(wanted) - rows.keys()):
        Source.objects.get_or_create(tracker_id=key[0], project=key[1], changes=key[2], defaults={"due_at": now})
    for key, row in rows.items():
        if row.wanted != (key in wanted):
            row.wanted, row.due_at = key in wanted, now
            row.save(update_fields=["wanted", "due_at"])


@transaction.atomic(durable=True)
def claim_source(tracker_id: int, *, now: dt.datetime) -> Source | None:
    """A project that is to be read now, for whoever asks first."""
    due = Source.objects.select_for_update(skip_locked=True).filter(tracker_id=tracker_id, wanted=True, due_at__lte=now)
    row = due.order_by("due_at").first()
    if row is not None:
        row.due_at = now + BUSY
        row.save(update_fields=["due_at"])
    return row


@transaction.atomic(durable=True)
def take_in(source: Source, found: Iterable[Found], *, now: dt.datetime) -> list[int]:
    """Store issues as they now are; answers the ids of those that changed. One that is older than what is known says nothing."""
    listed = {one.number: one for one in found}
    where = {"tracker_id": source.tracker_id, "project": source.project, "changes": source.changes}
    known = {row.number: row for row in Issue.objects.select_for_update(no_key=True).filter(**where, number__in=listed)}
    changed = []
    for number, one in sorted(listed.items()):
        row = known.get(number)
        if row is None:
            row = Issue(**where, number=number, created_at=one.created_at, seen_at=now, **_fields(one))
            row.save()
            changed.append(row.id)
        elif one.updated_at >= row.updated_at and _differs(row, one):
            for name, value in _fields(one).items():
                setattr(row, name, value)
            row.save(update_fields=FIELDS)
            changed.append(row.id)
    if changed:
        bus.board_changed()
    return changed


def read_on(source: Source, cursor: dt.datetime | None, *, now: dt.datetime) -> None:
    """So far it was read; the rest follows. A reader that took too long, and whose project another one has, writes nothing."""
    Source.objects.filter(pk=source.pk, due_at=source.due_at).update(cursor=cursor, due_at=now + BUSY)
    source.cursor, source.due_at = cursor, now + BUSY


def read_to_end(source: Source, etag: str, *, now: dt.datetime) -> None:
    """It was read to its end."""
    again = now + read_again_in(0)
    Source.objects.filter(pk=source.pk).update(etag=etag, read_at=now, error="", tries=0, due_at=again)


def wants_sweep(source: Source, *, now: dt.datetime) -> bool:
    """Is it a day since all that is open was looked for? Whoever reads a project for the first time has just seen all of it."""
    if source.swept_at is None:
        swept(source, now=now)
        return False
    return now - source.swept_at >= SWEEP_EVERY


def swept(source: Source, *, now: dt.datetime) -> None:
    """All that is open was looked for."""
    Source.objects.filter(pk=source.pk).update(swept_at=now)


def not_read(source: Source, error: str, *, now: dt.datetime, retry_after: dt.timedelta | None = None) -> None:
    """It could not be read; when it asked to wait, that is no failure."""
    tries = source.tries + (retry_after is None)
    pause = read_again_in(tries) if retry_after is None else retry_after
    said = error[:500] if retry_after is None else source.error
    Source.objects.filter(pk=source.pk).update(error=said, tries=tries, due_at=now + pause)


def read_soon(tracker_id: int, projects: Collection[str], *, now: dt.datetime) -> None:
    """A webhook says that something changed there."""
    Source.objects.filter(tracker_id=tracker_id, project__in=projects, wanted=True, due_at__gt=now).update(due_at=now)


def gone(issue_id: int) -> None:
    """The tracker does not show it any more."""
    if Issue.objects.filter(pk=issue_id).exclude(state=Issue.State.GONE).update(state=Issue.State.GONE, words_to=None):
        bus.board_changed()


def listen_later(issue_id: int, *, now: dt.datetime) -> None:
    """What was said there could not be read."""
    Issue.objects.filter(pk=issue_id).update(listen_at=now + LATER)


def asked_to_wait(tracker_id: int, until: dt.datetime | None) -> None:
    """The tracker wants to be left alone so long: every node hears of it here."""
    Tracker.objects.filter(pk=tracker_id).update(wait_until=until)


def looked(tracker_id: int, *, account: str, error: str, now: dt.datetime) -> None:
    """How the tracker answered when it was asked whether it is there."""
    values = {"looked_at": now, "error": error[:500], **({"account": account[:200]} if account else {})}
    Tracker.objects.filter(pk=tracker_id).update(**values)


def keep_words_in(issue: Issue, words: Sequence[Word], *, account: str, tells: Collection[str]) -> list[News]:
    """Keep when somebody last said something there, in the open transaction; answers what the stories of its incidents do not tell yet.

    `words`: what was said, at least as far back as the last time.
    """
    row = Issue.objects.select_for_update(no_key=True).get(pk=issue.pk)
    last = last_human(words, account=account)
    if last is not None and (row.word_at is None or last.at > row.word_at):
        row.word_at, row.word_by = last.at, last.by[:200]
    row.words_to = issue.updated_at
    row.listen_at = None
    row.save(update_fields=["word_at", "word_by", "words_to", "listen_at"])
    links = Link.objects.select_for_update(no_key=True).filter(FOLLOWED, issue=row)
    return [_news(link, row, words, account, tells) for link in links]


def _news(link: Link, row: Issue, words: Sequence[Word], account: str, tells: Collection[str]) -> News:
    told = link.told
    to = dt.datetime.fromisoformat(told["to"]) if told.get("to") else link.created_at
    fresh = sorted((word for word in words if word.at > to and is_human(word, account=account)), key=lambda word: word.at)
    lines: list[tuple[str, str, dt.datetime | None]] = []
    if "comment" in tells:
        lines += [("issue_comment", f"{word.by} on the issue: {word.text}", word.at) for word in fresh if word.kind == "comment"]
    if "state" in tells and row.state != told.get("state", "open"):
        who = next((word for word in reversed(fresh) if word.kind in ("closed", "reopened")), None)
        lines.append(_state_line(row, who, "incident" if link.incident_id is not None else "report"))
    if "assignee" in tells and list(row.assignees) != list(told.get("assignees", [])):
        lines.append(("issue_assigned", f"The issue is assigned to {', '.join(row.assignees) or 'nobody'} in the tracker.", None))
    if link.incident_id is None and sorted(row.labels) != sorted(told.get("labels", row.labels)):
        lines.append(("issue_labels", f"The issue has the labels {', '.join(row.labels) or 'none'} in the tracker.", None))
    latest = max([to, *(word.at for word in words)])
    link.told = {"state": row.state, "assignees": list(row.assignees), "labels": list(row.labels), "to": latest.isoformat()}
    link.save(update_fields=["told"])
    return News(link.incident_id, link.id, tuple(lines))


def _state_line(row: Issue, who: Word | None, about: str) -> tuple[str, str, dt.datetime | None]:
    by = f" by {who.by}" if who else ""
    if row.state == Issue.State.OPEN:
        return "issue_state", f"The issue was opened again{by} in the tracker.", who.at if who else None
    if row.state == Issue.State.GONE:
        return "issue_state", "The issue is not there any more: it was deleted or moved, or is not shown to this desk.", None
    return "issue_state", f"The issue was closed{by} in the tracker. The {about} stays as it is.", who.at if who else None


def keep_delivery(
    tracker_id: int, delivery: str, event: str, body: bytes, about: tuple[str, int | None, bool], *, now: dt.datetime
) -> bool:
    """Store a webhook that proved itself. False when the same one was stored already."""
    project, number, changes = about
    values = {"event": event[:100], "body": body, "project": project[:300], "number": number, "changes": changes, "received_at": now}
    with transaction.atomic():
        Delivery.objects.filter(received_at__lt=now - REMEMBERED).delete()
        Tracker.objects.filter(pk=tracker_id).update(heard_at=now)
        _, new = Delivery.objects.get_or_create(tracker_id=tracker_id, delivery=delivery[:200], defaults=values)
    return new


def take_deliveries(tracker_id: int, *, now: dt.datetime, limit: int = 200) -> list[Delivery]:
    """Webhooks that nobody looked at yet. They are hints: one that is lost by a crash is found by reading."""
    with transaction.atomic(durable=True):
        waits = Delivery.objects.select_for_update(skip_locked=True).filter(tracker_id=tracker_id, handled_at=None)
        rows = list(waits.defer("body").order_by("id")[:limit])
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(handled_at=now)
    return rows


def _fields(one: Found) -> dict[str, object]:
    return {
        "title": one.title[:1024],
        "url": one.url[:2000],
        "labels": [label[:300] for label in one.labels],
        "severity": severity_of(one.labels),
        "author": one.author[:200],
        "author_is_bot": one.author_is_bot or is_bot_name(one.author),
        "assignees": [name[:200] for name in one.assignees],
        "described": one.described,
        "state": one.state,
        "confidential": one.confidential,
        "updated_at": one.updated_at,
        "closed_at": one.closed_at,
    }


def _differs(row: Issue, one: Found) -> bool:
    return any(getattr(row, name) != value for name, value in _fields(one).items())
