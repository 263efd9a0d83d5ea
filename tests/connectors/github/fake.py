"""A GitHub that speaks the wire format of its REST API: issues and pull requests, comments, timelines, repositories."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.tracker.fake import Answer, Fake, paged


@dataclass
class GitHub(Fake):
    """`private`: repositories that not everybody sees; `assignable`: who may be assigned."""

    private: set[str] = field(default_factory=lambda: {"security/desk"})
    repositories: set[str] = field(default_factory=lambda: {"security/desk", "example/open"})
    assignable: set[str] = field(default_factory=lambda: {"ada-there", "bruno-there"})
    left: int = 5000
    number: int = 0

    def is_known(self, headers: Any) -> bool:
        return bool(headers.get("Authorization") == f"Bearer {self.token}")

    def user(self, name: str) -> dict[str, Any]:
        return {"login": name, "id": 1, "type": "Bot" if name.endswith("[bot]") else "User"}

    def add(
        self, project: str = "security/desk", title: str = "disk full", *, changes: bool = False, by: str = "ada-there", **more: Any
    ) -> int:
        """An issue, or a pull request, as somebody makes it there; its number."""
        self.number += 1
        at = self.tick()
        self.issues[project, self.number] = {
            "number": self.number,
            "title": title,
            "body": None,
            "state": "open",
            "created_at": at,
            "updated_at": at,
            "closed_at": None,
            "labels": [],
            "user": self.user(by),
            "assignees": [],
            "html_url": f"https://github.com/{project}/issues/{self.number}",
            **({"pull_request": {"url": "x"}} if changes else {}),
            **more,
        }
        self.notes[project, self.number] = []
        return self.number

    def say(self, number: int, text: str, *, by: str = "ada-there", project: str = "security/desk", event: str = "commented") -> None:
        """An entry of the timeline: a comment, or what happened."""
        at = self.tick()
        who = {"user": self.user(by), "body": text} if event == "commented" else {"actor": self.user(by)}
        self.notes[project, number].append({"event": event, "created_at": at, **who})
        self.issues[project, number]["updated_at"] = at

    def change(self, number: int, *, project: str = "security/desk", **fields: Any) -> None:
        self.issues[project, number] |= {**fields, "updated_at": self.tick()}

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        limits = {"x-ratelimit-remaining": str(self.left), "x-ratelimit-reset": "9999999999"}
        if path == "/user":
            return 200, self.user(self.account), limits
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)(?:/issues(?:/(\d+))?(/comments|/timeline)?)?", path)
        if found is None or found[1] not in self.repositories:
            return 404, {"message": "Not Found"}, limits
        project, number = found[1], int(found[2] or 0)
        if "/issues" not in path:
            return 200, {"full_name": project, "private": project in self.private}, limits
        if number and (project, number) not in self.issues:
            return 404, {"message": "Not Found"}, limits
        if found[3]:
            return self._said(method, (project, number), found[3], path, query, body)
        if method == "GET":
            return (200, self.issues[project, number], limits) if number else self._list(project, query)
        return self._write(method, project, number, body)

    def _list(self, project: str, query: dict[str, str]) -> Answer:
        rows = [dict(row) for (where, _), row in self.issues.items() if where == project and row["updated_at"] >= query.get("since", "")]
        if query.get("state", "open") == "open":
            rows = [row for row in rows if row["state"] == "open"]
        rows.sort(key=lambda row: row[f"{query.get('sort', 'created')}_at"], reverse=query.get("direction", "desc") == "desc")
        shown, _, _ = paged(rows, query)
        for do in self.during[:1]:
            del self.during[:1]
            do()
        return 200, shown, {"ETag": f'W/"{hashlib.sha256(repr(shown).encode()).hexdigest()[:16]}"'}

    def _said(self, method: str, key: tuple[str, int], kind: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if method == "POST":
            self.say(key[1], body["body"], by=self.account, project=key[0])
            return 201, self.notes[key][-1], {}
        rows = [row for row in self.notes[key] if kind == "/timeline" or row["event"] == "commented"]
        shown, number, last = paged([row for row in rows if row["created_at"] >= query.get("since", "")], query)
        link = f'<{self.url}{path}?per_page=100&page={number + 1}>; rel="next", <{self.url}{path}?per_page=100&page={last}>; rel="last"'
        return 200, shown, {"Link": link} if number < last else {}

    def _write(self, method: str, project: str, number: int, body: Any) -> Answer:
        if method == "POST":
            labels = [{"name": name} for name in body.get("labels", ())]
            number = self.add(project, body["title"], by=self.account, body=body["body"], labels=labels)
            return 201, self.issues[project, number], {}
        row = self.issues[project, number]
        if "state" in body:
            self.say(number, "", by=self.account, project=project, event="closed" if body["state"] == "closed" else "reopened")
            row |= {"state": body["state"], "closed_at": self.tick() if body["state"] == "closed" else None}
        if "assignees" in body:
            row["assignees"] = [self.user(name) for name in body["assignees"] if name in self.assignable]
        if "labels" in body:
            row["labels"] = [{"name": name} for name in body["labels"]]
        row["updated_at"] = self.tick()
        return 200, row, {}


@contextmanager
def github() -> Iterator[GitHub]:
    made = GitHub()
    made.start()
    try:
        yield made
    finally:
        made.die()


def signed(body: bytes, *, secret: str) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
