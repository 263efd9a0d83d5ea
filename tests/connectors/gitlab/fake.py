"""A GitLab that speaks the wire format of its REST API v4: issues, merge requests, notes, users."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.tracker.fake import Answer, Fake, paged


@dataclass
class GitLab(Fake):
    """`members`: users by name. Merge requests are kept under a number that is negative here."""

    members: dict[str, int] = field(default_factory=lambda: {"ada-there": 7, "bruno-there": 8, "watchbill": 99})
    numbers: dict[str, int] = field(default_factory=dict)

    def is_known(self, headers: Any) -> bool:
        return bool(headers.get("PRIVATE-TOKEN") == self.token)

    def add(
        self, project: str = "security/desk", title: str = "disk full", *, changes: bool = False, by: str = "ada-there", **more: Any
    ) -> int:
        """An issue, as somebody makes it there; its number."""
        key = f"{project}{changes}"
        number = self.numbers[key] = self.numbers.get(key, 0) + 1
        at = self.tick()
        self.issues[project, -number if changes else number] = {
            "id": 1000 + number,
            "iid": number,
            "title": title,
            "description": "",
            "state": "opened",
            "created_at": at,
            "updated_at": at,
            "closed_at": None,
            "labels": [],
            "author": self.user(by),
            "assignees": [],
            "confidential": False,
            "web_url": f"https://gitlab.example.org/{project}/-/{'merge_requests' if changes else 'issues'}/{number}",
            **more,
        }
        self.notes[project, -number if changes else number] = []
        return number

    def user(self, name: str) -> dict[str, Any]:
        return {"id": self.members.get(name, 1), "username": name, "name": name.title(), "state": "active"}

    def say(self, number: int, text: str, *, by: str = "ada-there", project: str = "security/desk", system: bool = False) -> None:
        """A comment, or what GitLab itself writes there."""
        at = self.tick()
        self.notes[project, number].append(
            {"id": len(self.notes) * 100, "body": text, "author": self.user(by), "created_at": at, "system": system}
        )
        self.issues[project, number]["updated_at"] = at

    def change(self, number: int, *, project: str = "security/desk", **fields: Any) -> None:
        self.issues[project, number] |= {**fields, "updated_at": self.tick()}

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if path == "/api/v4/user":
            return 200, self.user(self.account), {}
        if path == "/api/v4/users":
            name = query["username"]
            return 200, [self.user(name)] if name in self.members else [], {}
        found = re.fullmatch(r"/api/v4/projects/(.+?)/(issues|merge_requests)(?:/(\d+))?(/notes)?", path)
        if found is None:
            return 404, {"error": "404 Not Found"}, {}
        project, changes, number = found[1], found[2] == "merge_requests", int(found[3] or 0)
        if not any(key[0] == project for key in self.issues) and project not in self.numbers:
            return 404, {"message": "404 Project Not Found"}, {}
        key = (project, -number if changes else number)
        if number and key not in self.issues:
            return 404, {"message": "404 Not found"}, {}
        if found[4]:
            return self._notes(method, key, query, body)
        if method == "GET":
            return (200, self.issues[key], {}) if number else self._list(project, changes, query)
        return self._write(method, project, key, body)

    def _list(self, project: str, changes: bool, query: dict[str, str]) -> Answer:
        rows = [row for (where, number), row in self.issues.items() if where == project and (number < 0) == changes]
        if query.get("scope") != "all":
            rows = [row for row in rows if row["author"]["username"] == self.account]
        if query.get("state") == "opened":
            rows = [row for row in rows if row["state"] == "opened"]
        rows = [
            row
            for row in rows
            if row["updated_at"] >= query.get("updated_after", "") and row["created_at"] >= query.get("created_after", "")
        ]
        rows.sort(key=lambda row: row[query.get("order_by", "created_at")], reverse=query.get("sort", "desc") == "desc")
        shown, number, last = paged([dict(row) for row in rows], query)
        etag = f'W/"{hashlib.sha256(repr(shown).encode()).hexdigest()[:16]}"'
        for do in self.during[:1]:
            del self.during[:1]
            do()
        return 200, shown, {"ETag": etag, "x-next-page": str(number + 1) if number < last else "", "x-total": str(len(rows))}

    def _notes(self, method: str, key: tuple[str, int], query: dict[str, str], body: Any) -> Answer:
        if method == "POST":
            self.say(key[1], body["body"], by=self.account, project=key[0])
            return 201, self.notes[key][-1], {}
        rows = sorted(self.notes[key], key=lambda row: row["created_at"], reverse=query.get("sort") == "desc")
        return 200, paged(rows, query)[0], {}

    def _write(self, method: str, project: str, key: tuple[str, int], body: Any) -> Answer:
        if method == "POST":
            labels = [label for label in body.get("labels", "").split(",") if label]
            number = self.add(
                project, body["title"], by=self.account, description=body["description"], labels=labels, confidential=body["confidential"]
            )
            return 201, self.issues[project, number], {}
        row = self.issues[key]
        if event := body.get("state_event"):
            state = "closed" if event == "close" else "opened"
            self.say(key[1], "closed" if event == "close" else "reopened", by=self.account, project=project, system=True)
            row |= {"state": state, "closed_at": self.tick() if state == "closed" else None}
        if "assignee_ids" in body:
            row["assignees"] = [self.user(name) for name, id_ in self.members.items() if id_ in body["assignee_ids"]]
        labels = [label for label in row["labels"] if label not in body.get("remove_labels", "").split(",")]
        row |= {"labels": [*labels, *(label for label in body.get("add_labels", "").split(",") if label)], "updated_at": self.tick()}
        return 200, row, {}


@contextmanager
def gitlab() -> Iterator[GitLab]:
    made = GitLab()
    made.start()
    try:
        yield made
    finally:
        made.die()


def signed(body: bytes, at: float, *, secret: str, id_: str = "msg_1") -> dict[str, str]:
    """The headers of a webhook with a signing token."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id_}.{int(at)}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": id_, "webhook-timestamp": str(int(at)), "webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}
