"""The security advisories of a repository on GitHub, as its REST API (2022-11-28) shows them: a list by cursors, newest change first, and one by its id."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.connectors.tracker.fake import Answer, Fake

REPOSITORY = "acme/engine"


@dataclass
class Advisories(Fake):
    """`sees`: the token has the right to read them."""

    advisories: dict[str, dict[str, Any]] = field(default_factory=dict)
    sees: bool = True
    page_size: int = 3

    def is_known(self, headers: Any) -> bool:
        return bool(headers.get("Authorization") == f"Bearer {self.token}")

    def add(self, summary: str = "Heap overflow in the parser", *, state: str = "triage", by: str = "mallory", **fields: Any) -> str:
        """As somebody reports it privately; its GHSA id."""
        ghsa, at = f"GHSA-xxxx-{len(self.advisories):04d}-abcd", self.tick()
        self.advisories[ghsa] = {
            "ghsa_id": ghsa,
            "cve_id": None,
            "url": f"{self.url}/repos/{REPOSITORY}/security-advisories/{ghsa}",
            "html_url": f"https://github.com/{REPOSITORY}/security/advisories/{ghsa}",
            "summary": summary,
            "description": "Send a long name.",
            "severity": "high",
            "author": {"login": by, "type": "User"},
            "state": state,
            "created_at": at,
            "updated_at": at,
            "published_at": None,
            "closed_at": None,
            "withdrawn_at": None,
            "submission": {"accepted": False},
            "cwe_ids": ["CWE-787"],
            "cvss_severities": {
                "cvss_v3": {"vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "score": 7.5},
                "cvss_v4": None,
            },
            "vulnerabilities": [{"package": {"ecosystem": "pip", "name": "engine"}, "vulnerable_version_range": "< 2"}],
            "credits_detailed": [],
            **fields,
        }
        return ghsa

    def change(self, ghsa: str, **fields: Any) -> None:
        self.advisories[ghsa] |= {"updated_at": self.tick(), **fields}

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        assert method == "GET", "nothing is written there"
        if path == "/user":
            return 200, {"login": self.account}, {}
        base = f"/repos/{REPOSITORY}/security-advisories"
        if not path.startswith(base):
            return 404, self.error(404, "Not Found"), {}
        if not self.sees:
            return 403, self.error(403, "Resource not accessible by personal access token"), {}
        if path == base:
            return self._list(query, base)
        found = self.advisories.get(path.removeprefix(f"{base}/"))
        return (200, found, {}) if found is not None else (404, self.error(404, "Not Found"), {})

    def _list(self, query: dict[str, str], base: str) -> Answer:
        rows = [row for row in self.advisories.values() if not query.get("state") or row.get("state") == query["state"]]
        rows.sort(key=lambda row: str(row.get("updated_at")), reverse=query.get("direction") == "desc")
        start, size = int(query.get("after", "0")), min(int(query.get("per_page", 30)), self.page_size)
        more = len(rows) > start + size
        link = f'<{self.url}{base}?{urlencode({**query, "after": start + size})}>; rel="next"' if more else ""
        return 200, rows[start : start + size], {"Link": link} if link else {}


@contextmanager
def advisories() -> Iterator[Advisories]:
    made = Advisories()
    made.start()
    try:
        yield made
    finally:
        made.die()


def hook(ghsa: str, *, secret: str = "s3cret", action: str = "reported", repository: str = REPOSITORY) -> tuple[bytes, dict[str, str]]:
    """A webhook as GitHub sends it, and its headers."""
    body = json.dumps({"action": action, "repository_advisory": {"ghsa_id": ghsa}, "repository": {"full_name": repository}}).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": "repository_advisory", "X-GitHub-Delivery": "d-1"}
