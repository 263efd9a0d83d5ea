"""GitLab as a tracker: projects read and written by its REST API v4."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from watchbill.connectors.failures import PermanentFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.reading import text_at
from watchbill.connectors.tracker import Page
from watchbill.connectors.tracker.reading import made, moment, objects, shown
from watchbill.connectors.wire import Wire
from watchbill.trackers.messages import Draft, Found
from watchbill.trackers.rules.fields import is_described
from watchbill.trackers.rules.words import Word, is_human, is_marked
from watchbill.trackers.selectors import Settings

MARGIN = dt.timedelta(hours=1)  # our clock and GitLab's
MOST_PAGES = 20  # of comments, and of issues that are looked through for one of ours
STATES = re.compile(r"^(?:changed status to )?\**(closed|reopened|merged)\b|^(?:set status to )\**(closed|open)\b", re.IGNORECASE)


def wire(tracker: Settings, outgoing: Outgoing) -> Wire:
    """Requests with this tracker's token."""
    return Wire(
        outgoing, f"{tracker.url.rstrip('/')}/api/v4", {"PRIVATE-TOKEN": tracker.token, "Accept": "application/json"}, called="GitLab"
    )


class Client:
    """One GitLab."""

    def __init__(self, tracker: Settings, wire: Wire) -> None:
        self._wire, self._tracker = wire, tracker
        self._users: dict[str, int] = {}

    def check(self) -> str:
        return text_at(self._wire.get("/user").data, "username")

    def page(
        self, project: str, *, changes: bool, since: dt.datetime | None, number: int, size: int, etag: str = "", open_only: bool = False
    ) -> Page:
        query = {
            "scope": "all",  # without it: only one's own
            "state": "opened" if open_only else "all",
            "updated_after": since,
            "order_by": "updated_at",
            "sort": "asc",
            "per_page": size,
            "page": number,
        }
        answer = self._wire.get(_at(project, changes), query, etag=etag)
        if answer.unchanged:
            return Page(unchanged=True)
        items = tuple(shown(each, lambda data: _found(data, changes)) for each in objects(answer.data))
        newest = max((item.updated_at for item in items), default=None)
        return Page(items, len(items) >= size, answer.headers.get("etag", ""), newest=newest)

    def issue(self, project: str, number: int, *, changes: bool) -> Found:
        return shown(self._wire.get(f"{_at(project, changes)}/{number}").data, lambda data: _found(data, changes))

    def words(self, project: str, number: int, *, changes: bool, back_to: dt.datetime | None) -> list[Word]:
        found: list[Word] = []
        for page in range(1, MOST_PAGES + 1):
            query = {"sort": "desc", "order_by": "created_at", "per_page": 100, "page": page}
            notes = objects(self._wire.get(f"{_at(project, changes)}/{number}/notes", query).data)
            found += [word for note in notes if (word := _word(note))]
            enough = (
                any(is_human(word, account="") for word in found)
                if back_to is None
                else bool(notes) and moment(notes[-1].get("created_at")) < back_to
            )
            if enough or len(notes) < 100:
                break
        return found

    def create(self, project: str, draft: Draft) -> Found:
        body = {
            "title": draft.title,
            "description": draft.text,
            "labels": ",".join(draft.labels),
            "confidential": draft.confidential,
            "issue_type": "issue",
        }
        issue = made(self._wire.write("POST", _at(project, False), body).data, lambda data: _found(data, False))
        if draft.confidential and not issue.confidential:
            raise PermanentFailure(
                f"GitLab made {project}#{issue.number} without making it confidential. Look at it now: everybody who sees the project reads it."
            )
        return issue

    def find_created(self, project: str, public_id: str, since: dt.datetime) -> Found | None:
        for page in range(1, MOST_PAGES + 1):
            query = {
                "scope": "all",
                "state": "all",
                "created_after": since - MARGIN,
                "order_by": "created_at",
                "sort": "desc",
                "per_page": 100,
                "page": page,
            }
            rows = objects(self._wire.get(_at(project, False), query).data)
            if ours := [row for row in rows if is_marked(str(row.get("description") or ""), public_id)]:
                return _found(ours[-1], False)
            if len(rows) < 100:
                break
        return None

    def comment(self, project: str, number: int, text: str, *, changes: bool) -> None:
        self._wire.write("POST", f"{_at(project, changes)}/{number}/notes", {"body": text})

    def find_comment(self, project: str, number: int, public_id: str, since: dt.datetime, *, changes: bool) -> bool:
        said = self.words(project, number, changes=changes, back_to=since - MARGIN)
        return any(is_marked(word.text, public_id) for word in said)

    def assign(self, project: str, number: int, users: Sequence[str], before: Sequence[str], *, changes: bool) -> None:  # noqa: ARG002
        self._wire.write("PUT", f"{_at(project, changes)}/{number}", {"assignee_ids": [self._user(name) for name in users] or [0]})

    def relabel(self, project: str, number: int, add: Sequence[str], remove: Sequence[str], *, changes: bool) -> None:
        body = {"add_labels": ",".join(add), "remove_labels": ",".join(remove)}
        self._wire.write("PUT", f"{_at(project, changes)}/{number}", {name: value for name, value in body.items() if value})

    def set_open(self, project: str, number: int, *, is_open: bool, changes: bool) -> None:
        self._wire.write("PUT", f"{_at(project, changes)}/{number}", {"state_event": "reopen" if is_open else "close"})

    def _user(self, name: str) -> int:
        """The number of a user, asked once."""
        if name not in self._users:
            rows = [
                row
                for row in objects(self._wire.get("/users", {"username": name}).data)
                if str(row.get("username", "")).lower() == name.lower()
            ]
            if not rows or type(rows[0].get("id")) is not int:
                raise PermanentFailure(f"GitLab knows no user {name[:60]}. Correct `people` of the tracker in the configuration file.")
            self._users[name] = rows[0]["id"]
        return self._users[name]


def _at(project: str, changes: bool) -> str:
    return f"/projects/{quote(project, safe='')}/{'merge_requests' if changes else 'issues'}"


def _found(data: Any, changes: bool) -> Found:
    author, assignees = data.get("author") or {}, data.get("assignees") or []
    return Found(
        number=int(data["iid"]),
        title=text_at(data, "title"),
        url=_address(data.get("web_url")),
        state="open" if data.get("state") in ("opened", "locked") else "closed",
        created_at=moment(data.get("created_at")),
        updated_at=moment(data.get("updated_at")),
        labels=tuple(str(label) for label in data.get("labels") or ()),
        author=text_at(author, "username"),
        author_is_bot=author.get("bot") is True,
        assignees=tuple(text_at(each, "username") for each in assignees),
        confidential=bool(data.get("confidential", False)),
        closed_at=moment(data["closed_at"]) if data.get("closed_at") else None,
        changes=changes,
        described=is_described(str(data.get("description") or "")),
    )


def _word(note: dict[str, Any]) -> Word | None:
    author, text = note.get("author") or {}, str(note.get("body") or "")
    kind = "comment"
    if note.get("system"):
        state = STATES.match(text.strip())
        kind = "other" if state is None else "reopened" if (state[1] or state[2]).lower() in ("reopened", "open") else "closed"
    return Word(moment(note.get("created_at")), text_at(author, "username"), kind, author.get("bot") is True, text)


def _address(value: Any) -> str:
    """A web address; what is none is not shown as one."""
    address = str(value or "")
    return address if address.startswith(("https://", "http://")) else ""
