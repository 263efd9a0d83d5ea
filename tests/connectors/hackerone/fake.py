"""A HackerOne that speaks the wire format of its customer API v1: programmes, reports, activities, and every write that is documented.

Related objects stand inline, as HackerOne has them. Of what is not documented surely it takes every form that was seen, unless `takes` says which.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.connectors.tracker.fake import Answer, Fake

OPEN = {"new", "pending-program-review", "triaged", "needs-more-info", "retesting"}
SETTABLE = {"new", "triaged", "needs-more-info", "resolved", "informative", "duplicate", "not-applicable", "spam"}
NEEDS_TEXT = {"needs-more-info", "informative", "duplicate"}
OUTSIDE = {"mallory"}


@dataclass
class HackerOne(Fake):
    """`hide`: a new bounty is not shown for so many looks at its report. `sent`: every write that arrived, whatever became of it."""

    account: str = "watchbill"
    program: str = "acme"
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    takes: dict[str, set[str]] = field(
        default_factory=lambda: {
            "bounty": {"wrapped", "plain"},
            "disclosure": {"type", "substate", "state"},
            "severity": {"rating", "metrics"},
        }
    )
    hide: int = 0
    hidden: dict[str, int] = field(default_factory=dict)  # bounty -> looks until it is shown
    stale: list[dict[str, Any]] | None = None  # what the list shows instead of what is true
    groups: dict[str, str] = field(default_factory=lambda: {"H1 Triage": "31", "Security": "32"})
    users: dict[str, str] = field(default_factory=lambda: {"ada-there": "41", "watchbill": "42"})
    fields: dict[str, str] = field(default_factory=lambda: {"Tier": "51", "Other": "52"})
    rights: set[str] = field(default_factory=lambda: {"report_management", "reward_management"})
    writes_per_20_s: int = 25
    written_at: list[float] = field(default_factory=list)
    address: Callable[[str], str] = str  # of a file by its name, made anew at each look
    number: int = 1336
    made_ids: int = 0

    def is_known(self, headers: Any) -> bool:
        wanted = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        return bool(headers.get("Authorization") == f"Basic {wanted}")

    def error(self, status: int, says: str) -> Any:
        return {"errors": [{"status": status, "title": says}]}

    # What people do there

    def add(self, title: str = "XSS on the login page", *, state: str = "new", by: str = "mallory", **attributes: Any) -> str:
        """A report as somebody sends it in; its id."""
        self.number += 1
        at = self.tick()
        self.reports[str(self.number)] = {
            "id": str(self.number),
            "type": "report",
            "attributes": {
                "title": title,
                "state": state,
                "main_state": "open" if state in OPEN else "closed",
                "vulnerability_information": "steps to reproduce",
                "created_at": at,
                "submitted_at": at,
                "triaged_at": None,
                "closed_at": None,
                "disclosed_at": None,
                "bounty_awarded_at": None,
                "first_program_activity_at": None,
                "last_activity_at": at,
                "issue_tracker_reference_id": None,
                "issue_tracker_reference_url": None,
                "cve_ids": [],
                "timer_report_triage_miss_at": "2027-01-01T00:00:00.000Z",
                "timer_report_triage_elapsed_time": int(time.monotonic() * 1000),
                **attributes,
            },
            "relationships": {
                "reporter": {"data": self.user(by)},
                "program": {"data": {"id": "1", "type": "program", "attributes": {"handle": self.program}}},
                "weakness": {"data": {"id": "60", "type": "weakness", "attributes": {"name": "Cross-site Scripting (XSS) - Stored"}}},
                "structured_scope": {"data": {"id": "57", "type": "structured-scope", "attributes": {"asset_identifier": "login.example"}}},
                "activities": {"data": []},
                "bounties": {"data": []},
                "custom_field_values": {"data": []},
            },
        }
        return str(self.number)

    def user(self, name: str) -> dict[str, Any]:
        return {"id": str(1000 + len(name)), "type": "user", "attributes": {"username": name, "name": name.title(), "disabled": False}}

    def say(
        self, report: str, text: str = "", *, by: str = "mallory", kind: str = "activity-comment", internal: bool = False, **more: Any
    ) -> str:
        """An activity; its id."""
        self.made_ids += 1
        at = self.tick()
        attributes = {"message": text, "created_at": at, "updated_at": at, "internal": internal, **more}
        row = {"type": kind, "id": str(self.made_ids), "attributes": attributes, "relationships": {"actor": {"data": self.user(by)}}}
        there = self.reports[report]
        there["relationships"]["activities"]["data"].insert(0, row)
        there["attributes"]["last_activity_at"] = at
        if by not in OUTSIDE and not internal:
            there["attributes"]["first_program_activity_at"] = there["attributes"]["first_program_activity_at"] or at
        return str(self.made_ids)

    def change(self, report: str, **attributes: Any) -> None:
        self.reports[report]["attributes"] |= {**attributes, "last_activity_at": self.tick()}

    def attach(self, report: str, name: str, size: Any = 3, *, activity: str = "") -> str:
        """A file of the report, or of what was said in that activity; its id."""
        self.made_ids += 1
        there, id_ = self.reports[report], f"f{self.made_ids}"
        said = there["relationships"]["activities"]["data"]
        of = next(row for row in said if row["id"] == activity) if activity else there
        row = {"id": id_, "type": "attachment", "attributes": {"file_name": name, "content_type": "text/html", "file_size": size}}
        of["relationships"].setdefault("attachments", {"data": []})["data"].append(row)
        there["attributes"]["last_activity_at"] = self.tick()
        return id_

    def pay(self, report: str, amount: str, *, bonus: str = "0.00", by: str = "ada-there") -> str:
        """A bounty, as somebody gives it; its id."""
        self.made_ids += 1
        id_, at = f"b{self.made_ids}", self.tick()
        money = {"amount": amount, "bonus_amount": bonus, "awarded_amount": amount, "awarded_bonus_amount": bonus}
        row = {"id": id_, "type": "bounty", "attributes": {**money, "awarded_currency": "USD", "created_at": at}}
        self.reports[report]["relationships"]["bounties"]["data"].append(row)
        self.hidden[id_] = self.hide
        self.say(report, "", by=by, kind="activity-bounty-awarded", bounty_amount=amount, bonus_amount=bonus)
        return id_

    def bounties(self, report: str) -> list[dict[str, Any]]:
        """All that were given, shown or not."""
        found: list[dict[str, Any]] = self.reports[report]["relationships"]["bounties"]["data"]
        return found

    def comments(self, report: str) -> list[str]:
        rows = self.reports[report]["relationships"]["activities"]["data"]
        return [row["attributes"]["message"] for row in reversed(rows) if row["type"] == "activity-comment"]

    # What it answers

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if method != "GET":
            self.sent.append((method, path, body))
            if (refused := self._too_fast()) is not None:
                return refused
        if path == "/me/programs":
            return 200, {"data": [self._program(full=False)], "links": {}}, {}
        if path == "/programs/1":
            return 200, {"data": self._program(full=True)}, {}
        if path == "/reports" and method == "GET":
            return self._list(query)
        if path == "/incremental/activities":
            return self._feed(query)
        found = re.fullmatch(r"/reports/([^/]+)(?:/(\w+))?", path)
        if found is None or found[1] not in self.reports:
            return 404, self.error(404, "Not Found"), {}
        if found[2] is None:
            return 200, {"data": self._shown(found[1])}, {}
        if "report_management" not in self.rights:
            return 403, self.error(403, "Forbidden"), {}
        does = getattr(self, f"{method.lower()}_{found[2]}", None)
        if does is None:
            return 404, self.error(404, "Not Found"), {}
        answer: Answer = does(found[1], (body or {}).get("data") or {})
        return answer

    def _too_fast(self) -> Answer | None:
        now = time.monotonic()
        self.written_at = [at for at in self.written_at if now - at < 20] + [now]
        return (429, self.error(429, "Too Many Requests"), {}) if len(self.written_at) > self.writes_per_20_s else None

    def _program(self, *, full: bool) -> dict[str, Any]:
        row: dict[str, Any] = {"id": "1", "type": "program", "attributes": {"handle": self.program}}
        if full:
            row["relationships"] = {
                "groups": {"data": [{"id": id_, "type": "group", "attributes": {"name": name}} for name, id_ in self.groups.items()]},
                "members": {
                    "data": [
                        {"id": f"m{id_}", "type": "member", "relationships": {"user": {"data": {**self.user(name), "id": id_}}}}
                        for name, id_ in self.users.items()
                    ]
                },
                "custom_field_attributes": {
                    "data": [
                        {"id": id_, "type": "custom-field-attribute", "attributes": {"label": label}} for label, id_ in self.fields.items()
                    ]
                },
            }
        return row

    def _list(self, query: dict[str, str]) -> Answer:
        if self.asked.get("filter[program][]") != [self.program]:
            return 422, self.error(422, "Unprocessable Entity"), {}
        if not query.get("sort", "reports.").removeprefix("-").startswith("reports."):
            return 422, self.error(422, "Unprocessable Entity"), {}
        rows = self.stale if self.stale is not None else list(self.reports.values())
        states, since = self.asked.get("filter[state][]"), query.get("filter[last_activity_at__gt]", "")
        wanted = [
            row for row in rows if row["attributes"]["last_activity_at"] > since and (not states or row["attributes"]["state"] in states)
        ]
        wanted.sort(key=lambda row: row["attributes"]["last_activity_at"])
        size, number = int(query.get("page[size]", 25)), int(query.get("page[number]", 1))
        page = wanted[(number - 1) * size : number * size]
        more = len(wanted) > number * size
        links = {"next": f"{self.url}/reports?{urlencode({**query, 'page[number]': number + 1})}"} if more else {}
        shown = [self._without_activities(row) for row in page]
        for do in self.during[:1]:
            del self.during[:1]
            do()
        return 200, {"data": shown, "links": links}, {}

    def _without_activities(self, row: dict[str, Any]) -> dict[str, Any]:
        related = {name: value for name, value in row.get("relationships", {}).items() if name != "activities"}
        if "bounties" in related:
            related["bounties"] = {"data": [each for each in related["bounties"]["data"] if not self._hides(each)]}
        return {**row, "relationships": related}

    def _shown(self, id_: str) -> dict[str, Any]:
        row = self.reports[id_]
        for of in (row, *row["relationships"]["activities"]["data"]):
            for file in of["relationships"].get("attachments", {"data": []})["data"]:
                file["attributes"]["expiring_url"] = self.address(file["attributes"]["file_name"])
        if "bounties" not in row["relationships"]:
            return row
        shown = [each for each in self.bounties(id_) if not self._hides(each)]
        for bounty in self.hidden:
            self.hidden[bounty] = max(self.hidden[bounty] - 1, 0)
        return {**row, "relationships": {**row["relationships"], "bounties": {"data": shown}}}

    def _hides(self, bounty: Any) -> bool:
        return isinstance(bounty, dict) and bool(self.hidden.get(bounty.get("id", "")))

    def _feed(self, query: dict[str, str]) -> Answer:
        rows = [
            {**row, "attributes": {**row["attributes"], "report_id": id_}}
            for id_, report in self.reports.items()
            for row in report["relationships"]["activities"]["data"]
            if row["attributes"]["updated_at"] > query.get("updated_at_after", "")
        ]
        rows.sort(key=lambda row: row["attributes"]["updated_at"])
        page = rows[: int(query.get("page[size]", 25))]
        return 200, {"data": page, "meta": {"max_updated_at": page[-1]["attributes"]["updated_at"] if page else None}, "links": {}}, {}

    # Writes

    def post_activities(self, id_: str, data: Any) -> Answer:
        attributes = data.get("attributes") or {}
        if data.get("type") != "activity-comment" or not attributes.get("message"):
            return self._invalid("message can't be blank")
        self.say(id_, attributes["message"], by=self.account, internal=bool(attributes.get("internal")))
        return 201, {"data": self.reports[id_]["relationships"]["activities"]["data"][0]}, {}

    def post_state_changes(self, id_: str, data: Any) -> Answer:
        attributes = data.get("attributes") or {}
        state = attributes.get("state")
        if data.get("type") != "state-change" or state not in SETTABLE or "message" not in attributes:
            return self._invalid("state is not included in the list")
        if state in NEEDS_TEXT and not attributes["message"]:
            return self._invalid("message can't be blank")
        if self.reports[id_]["attributes"]["state"] == state:
            return self._invalid("state is unchanged")
        self.say(id_, attributes["message"], by=self.account, kind=f"activity-bug-{state}")
        at = self.tick()
        more = {"triaged_at": at} if state == "triaged" else {"closed_at": at} if state not in OPEN else {}
        self.change(id_, state=state, main_state="open" if state in OPEN else "closed", **more)
        if attributes.get("original_report_id"):
            self.change(id_, original_report_id=attributes["original_report_id"])
        return 201, {"data": self._shown(id_)}, {}

    def post_severities(self, id_: str, data: Any) -> Answer:
        attributes = data.get("attributes") or {}
        form = "rating" if "rating" in attributes else "metrics"
        if data.get("type") != "severity" or not attributes or form not in self.takes["severity"]:
            return self._invalid("rating is not included in the list")
        self.reports[id_]["relationships"]["severity"] = {
            "data": {"id": "71", "type": "severity", "attributes": {"rating": "high", **attributes}}
        }
        self.say(id_, "", by=self.account, kind="activity-report-severity-updated")
        return 201, {"data": self.reports[id_]["relationships"]["severity"]["data"]}, {}

    def post_custom_field_values(self, id_: str, data: Any) -> Answer:
        attributes = data.get("attributes") or {}
        label = next((label for label, field_id in self.fields.items() if field_id == attributes.get("custom_field_attribute_id")), None)
        if label is None:
            return self._invalid("custom field attribute must exist")
        attribute = {"data": {"id": self.fields[label], "type": "custom-field-attribute", "attributes": {"label": label}}}
        row = {
            "id": "81",
            "type": "custom-field-value",
            "attributes": {"value": attributes.get("value")},
            "relationships": {"custom_field_attribute": attribute},
        }
        self.reports[id_]["relationships"]["custom_field_values"] = {"data": [row]}
        self.say(id_, "", by=self.account, kind="activity-report-custom-field-value-updated")
        return 201, {"data": row}, {}

    def put_assignee(self, id_: str, data: Any) -> Answer:
        related = self.reports[id_]["relationships"]
        if data.get("type") == "nobody":
            related["assignee"] = {}
        elif data.get("type") == "group" and data.get("id") in self.groups.values():
            name = next(name for name, group in self.groups.items() if group == data["id"])
            related["assignee"] = {"data": {"id": data["id"], "type": "group", "attributes": {"name": name}}}
        elif data.get("type") == "user" and data.get("id") in self.users.values():
            name = next(name for name, user in self.users.items() if user == data["id"])
            related["assignee"] = {"data": {**self.user(name), "id": data["id"]}}
        else:
            return self._invalid("assignee must exist")
        self.say(id_, "", by=self.account, kind=f"activity-{data['type']}-assigned-to-bug")
        return 200, {"data": self._shown(id_)}, {}

    def post_issue_tracker_reference_id(self, id_: str, data: Any) -> Answer:
        if data.get("type") != "issue-tracker-reference-id":
            return self._invalid("type is wrong")
        self.change(id_, issue_tracker_reference_id=data["attributes"]["reference"])
        self.say(id_, "", by=self.account, kind="activity-reference-id-added", reference=data["attributes"]["reference"])
        return 201, {"data": self._shown(id_)}, {}

    def post_bounties(self, id_: str, data: Any) -> Answer:
        if "reward_management" not in self.rights:
            return 403, self.error(403, "Forbidden"), {}
        form = "wrapped" if "attributes" in data else "plain"
        said = data.get("attributes") if form == "wrapped" else data
        if form not in self.takes["bounty"] or type(said.get("amount")) not in (int, float):
            return self._invalid("amount is not a number")
        id_given = self.pay(id_, f"{said['amount']:.2f}", bonus=f"{said.get('bonus_amount', 0):.2f}", by=self.account)
        self.change(id_, bounty_awarded_at=self.tick() if not self.hide else None)
        return 201, {"data": next(each for each in self.bounties(id_) if each["id"] == id_given)}, {}

    def put_ineligible_for_bounty(self, id_: str, data: Any) -> Answer:
        self.say(id_, "", by=self.account, kind="activity-not-eligible-for-bounty")
        return 200, {"data": self._shown(id_)}, {}

    def post_disclosure_requests(self, id_: str, data: Any) -> Answer:
        forms = set(data.get("attributes") or {}) & {"type", "substate", "state"}
        if data.get("type") != "disclosure-request" or not forms & self.takes["disclosure"]:
            return self._invalid("substate is not included in the list")
        self.say(id_, (data["attributes"]).get("message", ""), by=self.account, kind="activity-agreed-on-going-public")
        return 201, {"data": self._shown(id_)}, {}

    def delete_disclosure_requests(self, id_: str, data: Any) -> Answer:
        self.say(id_, (data.get("attributes") or {}).get("message", ""), by=self.account, kind="activity-cancelled-disclosure-request")
        return 200, {"data": self._shown(id_)}, {}

    def _invalid(self, says: str) -> Answer:
        return 422, {"errors": [{"status": 422, "title": "Invalid Parameter", "detail": says, "source": {"parameter": "data"}}]}, {}


@contextmanager
def hackerone() -> Iterator[HackerOne]:
    made = HackerOne()
    made.start()
    try:
        yield made
    finally:
        made.die()


def signed(body: bytes, *, secret: str = "s3cret", delivery: str = "d-1", event: str = "report_created") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-H1-Signature": f"sha256={digest}", "X-H1-Delivery": delivery, "X-H1-Event": event}
