"""GitHub as a tracker: repositories read and written by its REST API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from watchbill.connectors.failures import PermanentFailure, TemporaryFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.reading import text_at
from watchbill.connectors.tracker import Page
from watchbill.connectors.tracker.reading import made, moment, objects, shown
from watchbill.connectors.wire import Wire, next_page
from watchbill.trackers.messages import Draft, Found
from watchbill.trackers.rules.fields import is_described
from watchbill.trackers.rules.words import Word, is_human, is_marked
from watchbill.trackers.selectors import Settings

VERSION = "2022-11-28"
PACE = 1.0  # seconds between two writes, as GitHub asks
MARGIN = dt.timedelta(hours=1)  # our clock and GitHub's
MOST_PAGES = 20
KINDS = {"commented": "comment", "reviewed": "comment", "closed": "closed", "merged": "closed", "reopened": "reopened"}


def wire(tracker: Settings, outgoing: Outgoing, *, pace: float = PACE) -> Wire:
    """Requests with this tracker's token."""
    headers = {"Authorization": f"Bearer {tracker.token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
    return Wire(outgoing, tracker.url, headers, called="GitHub", pace=pace)


class Client:
    """One GitHub."""

    def __init__(self, tracker: Settings, wire: Wire) -> None:
        self._wire, self._tracker = wire, tracker
        self._private: dict[str, bool] = {}

    def check(self) -> str:
        """An app's token belongs to no user: it answers all the same."""
        try:
            return text_at(self._wire.get("/user").data, "login")
        except TemporaryFailure as error:
            if "answered 403" not in str(error):
                raise
            self._wire.get("/rate_limit")
            return ""

    def page(
        self, project: str, *, changes: bool, since: dt.datetime | None, number: int, size: int, etag: str = "", open_only: bool = False
    ) -> Page:
        query = {
            "state": "open" if open_only else "all",
            "since": since,
            "sort": "updated",
            "direction": "asc",
            "per_page": size,
            "page": number,
        }
        answer = self._wire.get(f"/repos/{project}/issues", query, etag=etag)
        if answer.unchanged:
            return Page(unchanged=True)
        rows = objects(answer.data)
        private = bool(rows) and self._is_private(project, afresh=number == 1)
        items = tuple(shown(row, lambda data: _found(data, private)) for row in rows)
        newest = max((item.updated_at for item in items), default=None)
        return Page(
            tuple(item for item in items if item.changes == changes), len(rows) >= size, answer.headers.get("etag", ""), newest=newest
        )

    def issue(self, project: str, number: int, *, changes: bool) -> Found:  # noqa: ARG002  pull requests are issues there
        private = self._is_private(project)
        return shown(self._wire.get(f"/repos/{project}/issues/{number}").data, lambda data: _found(data, private))

    def words(self, project: str, number: int, *, changes: bool, back_to: dt.datetime | None) -> list[Word]:  # noqa: ARG002
        """The timeline is the oldest first: its first page tells which is the last, and from there it is read back."""
        at, found = f"/repos/{project}/issues/{number}/timeline", list[Word]()
        first = self._wire.get(at, {"per_page": 100, "page": 1})
        last = next_page(first.headers, "last") or 1
        for page in range(last, max(0, last - MOST_PAGES), -1):
            rows = objects(first.data if page == 1 else self._wire.get(at, {"per_page": 100, "page": page}).data)
            said = [word for row in rows if (word := _word(row))]
            found += said
            enough = any(is_human(word, account="") for word in said) if back_to is None else any(word.at < back_to for word in said)
            if enough:
                break
        return found

    def create(self, project: str, draft: Draft) -> Found:
        if draft.confidential and not self._is_private(project, afresh=True):
            raise PermanentFailure(
                f"The issue is to be confidential, and the repository {project} is public: GitHub has no confidential issues. Nothing was made. "
                "Name a private repository, or say `confidential: false`."
            )
        body = {"title": draft.title, "body": draft.text, "labels": list(draft.labels)}
        private = self._is_private(project)
        return made(self._wire.write("POST", f"/repos/{project}/issues", body).data, lambda data: _found(data, private))

    def find_created(self, project: str, public_id: str, since: dt.datetime) -> Found | None:
        for page in range(1, MOST_PAGES + 1):
            query = {"state": "all", "since": since - MARGIN, "sort": "created", "direction": "desc", "per_page": 100, "page": page}
            rows = objects(self._wire.get(f"/repos/{project}/issues", query).data)
            if ours := [row for row in rows if is_marked(str(row.get("body") or ""), public_id)]:
                return _found(ours[-1], self._is_private(project))
            if len(rows) < 100:
                break
        return None

    def comment(self, project: str, number: int, text: str, *, changes: bool) -> None:  # noqa: ARG002
        self._wire.write("POST", f"/repos/{project}/issues/{number}/comments", {"body": text})

    def find_comment(self, project: str, number: int, public_id: str, since: dt.datetime, *, changes: bool) -> bool:  # noqa: ARG002
        for page in range(1, MOST_PAGES + 1):
            query = {"since": since - MARGIN, "per_page": 100, "page": page}
            rows = objects(self._wire.get(f"/repos/{project}/issues/{number}/comments", query).data)
            if any(is_marked(str(row.get("body") or ""), public_id) for row in rows):
                return True
            if len(rows) < 100:
                break
        return False

    def assign(self, project: str, number: int, users: Sequence[str], before: Sequence[str], *, changes: bool) -> None:  # noqa: ARG002
        """GitHub leaves out whoever cannot be assigned there, and says nothing: what it answers is looked at."""
        answer = self._wire.write("PATCH", f"/repos/{project}/issues/{number}", {"assignees": list(users)})
        shown = {text_at(each, "login").lower() for each in (answer.data or {}).get("assignees") or () if isinstance(each, dict)}
        if missing := [name for name in users if name.lower() not in shown]:
            raise PermanentFailure(
                f"GitHub does not let {', '.join(missing)[:80]} be assigned there: they have no access to {project}, or are called otherwise."
            )

    def relabel(self, project: str, number: int, add: Sequence[str], remove: Sequence[str], *, changes: bool) -> None:
        """The labels that shall be there are what is there now, with these and without those."""
        there = self.issue(project, number, changes=changes).labels
        wanted = [label for label in dict.fromkeys([*there, *add]) if label not in remove]
        self._wire.write("PATCH", f"/repos/{project}/issues/{number}", {"labels": wanted})

    def set_open(self, project: str, number: int, *, is_open: bool, changes: bool) -> None:  # noqa: ARG002
        body = {"state": "open", "state_reason": "reopened"} if is_open else {"state": "closed", "state_reason": "completed"}
        self._wire.write("PATCH", f"/repos/{project}/issues/{number}", body)

    def _is_private(self, project: str, *, afresh: bool = False) -> bool:
        """Is the repository one that not everybody sees? Asked once for each client; before something confidential is written, each time."""
        if afresh or project not in self._private:
            data = self._wire.get(f"/repos/{project}").data
            self._private[project] = isinstance(data, dict) and data.get("private") is True
        return self._private[project]


def _found(data: Any, private: bool) -> Found:
    user, address = data.get("user") or {}, str(data.get("html_url") or "")
    return Found(
        number=int(data["number"]),
        title=text_at(data, "title"),
        url=address if address.startswith(("https://", "http://")) else "",
        state="closed" if data.get("state") == "closed" else "open",
        created_at=moment(data.get("created_at")),
        updated_at=moment(data.get("updated_at")),
        labels=tuple(text_at(label, "name") if isinstance(label, dict) else str(label) for label in data.get("labels") or ()),
        author=text_at(user, "login"),
        author_is_bot=user.get("type") == "Bot",
        assignees=tuple(text_at(each, "login") for each in data.get("assignees") or ()),
        confidential=private,
        closed_at=moment(data["closed_at"]) if data.get("closed_at") else None,
        changes="pull_request" in data,
        described=is_described(str(data.get("body") or "")),
    )


def _word(row: dict[str, Any]) -> Word | None:
    """An entry of the timeline. Some have no time, and say nothing about anybody."""
    at = row.get("created_at") or row.get("submitted_at")
    if not at:
        return None
    user = row.get("user") or row.get("actor") or {}
    kind = KINDS.get(str(row.get("event") or ""), "other")
    return Word(moment(at), text_at(user, "login"), kind, user.get("type") == "Bot", str(row.get("body") or ""))
