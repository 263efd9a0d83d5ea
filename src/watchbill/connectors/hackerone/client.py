"""HackerOne as a platform: the reports of one programme, read and written by its customer API v1."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from watchbill.connectors.failures import TemporaryFailure, UnknownEnd
from watchbill.connectors.hackerone.parsing import OPEN, Odd, attachments, objects, report_of, said_of
from watchbill.connectors.hackerone.vectors import metrics_of
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.pace import Bucket
from watchbill.connectors.platform import LARGEST_FILE, Page, Report, Standing
from watchbill.connectors.reading import at, text_at
from watchbill.connectors.wire import Answer, Gone, Wire
from watchbill.platforms.selectors import Settings

READS, REPORTS, WRITES = (600, 60.0), (300, 60.0), (25, 20.0)  # requests in so many seconds
MOST_PAGES = 20  # of programmes, and of what the feed tells at once
DENIED = {
    401: "the token is not valid. Expected IDENTIFIER:VALUE in the variable of `token_env`. It is tried again.",
    403: "the token lacks a right (report_management, for bounties reward_management), or HackerOne's list of allowed addresses does not "
    "hold the address of this machine. It is tried again.",
}


class HackerOneWire(Wire):
    """Requests with the token of this programme, no faster than HackerOne lets one."""

    def __init__(self, platform: Settings, outgoing: Outgoing) -> None:
        token = base64.b64encode(platform.token.strip().encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Accept": "application/json"}
        super().__init__(outgoing, platform.url, headers, called="HackerOne", denied=DENIED)
        self._reads, self._reports, self._writes = (Bucket(*limit) for limit in (READS, REPORTS, WRITES))

    def get(self, path: str, query: Mapping[str, Any] | None = None, *, etag: str = "") -> Answer:
        """What was answered with 200 and an error inside is no answer."""
        self._reads.take()
        if path.startswith("/reports"):
            self._reports.take()
        answer = super().get(path, query, etag=etag)
        if not isinstance(answer.data, dict) or answer.data.get("errors"):
            raise TemporaryFailure("HackerOne answered 200 with something that is not what it documents.")
        return answer

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """Raises UnknownEnd for an error inside a 200: it may have been done."""
        self._writes.take()
        answer = super().write(method, path, body)
        if isinstance(answer.data, dict) and answer.data.get("errors"):
            raise UnknownEnd("HackerOne answered 200 with an error inside.")
        return answer


def wire(platform: Settings, outgoing: Outgoing) -> HackerOneWire:
    """Requests with this platform's token."""
    return HackerOneWire(platform, outgoing)


class Client:
    """One programme."""

    def __init__(self, platform: Settings, wire: Wire) -> None:
        self._platform, self._wire = platform, wire

    def check(self) -> Standing:
        """Does the token see the programme, and by which ids are its groups, users and custom fields known?"""
        handle, seen = self._platform.program.casefold(), []
        for number in range(1, MOST_PAGES + 1):
            data = self._wire.get("/me/programs", {"page[number]": number, "page[size]": 100}).data
            rows = _rows(data)
            for row in rows:
                seen.append(text_at(row, "attributes", "handle"))
                if seen[-1].casefold() == handle and (id_ := text_at(row, "id")):
                    return Standing(self._platform.account, self._known(id_))
            if not _is_full(data, rows, 100):
                break
        sees = ", ".join(sorted(name for name in seen if name)[:8]) or "none"
        raise TemporaryFailure(f"The token does not see the programme {self._platform.program}. It sees: {sees}.")

    def _known(self, program: str) -> dict[str, dict[str, str]]:
        data = self._wire.get(f"/programs/{_part(program)}").data
        row = data.get("data", data)
        related = at(row, "relationships")
        users = [at(each, "relationships", "user", "data") for each in objects(at(related, "members", "data"))]
        return {
            "groups": _ids(objects(at(related, "groups", "data")), "name"),
            "users": _ids([each for each in users if isinstance(each, dict)], "username"),
            "fields": _ids(objects(at(related, "custom_field_attributes", "data")), "label"),
        }

    def page(self, *, since: dt.datetime | None, number: int, size: int, open_only: bool = False) -> Page:
        query = {
            "filter[program][]": [self._platform.program],
            "filter[state][]": sorted(OPEN) if open_only else None,
            "filter[last_activity_at__gt]": since,
            "sort": "reports.last_activity_at",
            "page[number]": number,
            "page[size]": size,
        }
        data = self._wire.get("/reports", query).data
        rows, items, odd = _rows(data, objects_only=False), [], {}
        for place, row in enumerate(rows, start=1):
            try:
                items.append(report_of(row, tier_field=self._platform.tier_field))
            except Odd as error:
                odd[text_at(row, "id") or f"without an id, number {place} of a page"] = str(error)
            except Exception as error:  # noqa: BLE001  whatever one report is made of, the others are read
                odd[text_at(row, "id") or f"without an id, number {place} of a page"] = f"It could not be read ({type(error).__name__})."
        return Page(tuple(items), odd, _is_full(data, rows, size))

    def report(self, external_id: str) -> Report:
        data = self._wire.get(f"/reports/{_part(external_id)}").data.get("data")
        try:
            shown = report_of(data, tier_field=self._platform.tier_field)
        except Odd as error:
            raise TemporaryFailure(f"HackerOne shows the report in a way that nobody understands. {error}") from error
        if shown.external_id != external_id:
            raise TemporaryFailure("HackerOne answered with another report.")
        return shown, said_of(data, account=self._platform.account)

    def file(self, external_id: str, file_id: str) -> bytes:
        """By the address that a fresh look at the report tells: it works for an hour."""
        data = self._wire.get(f"/reports/{_part(external_id)}").data.get("data")
        found = next((each for each in attachments(data) if text_at(each, "id") == file_id), None)
        if found is None or text_at(data, "id") != external_id or not (url := text_at(found, "attributes", "expiring_url")):
            raise Gone("HackerOne does not show this file any more.")
        return self._wire.file(url, LARGEST_FILE)

    def feed(self, mark: str) -> tuple[set[tuple[str, str]], str]:
        told = set[tuple[str, str]]()
        for _ in range(MOST_PAGES):
            query = {"handle": self._platform.program, "updated_at_after": mark, "sort": "updated_at", "order": "asc", "page[size]": 100}
            data = self._wire.get("/incremental/activities", query).data
            rows = _rows(data)
            told |= {(report, text_at(row, "id")) for row in rows if (report := text_at(row, "attributes", "report_id"))}
            following = text_at(data, "meta", "max_updated_at")
            if not rows or not following or following == mark:
                break
            mark = following
        return told, mark

    # Writes

    def comment(self, report: str, text: str, *, internal: bool) -> str:
        body = {"type": "activity-comment", "attributes": {"message": text, "internal": internal}}
        return self._made("POST", f"/reports/{_part(report)}/activities", body)

    def set_state(self, report: str, state: str, text: str, original: str) -> str:
        attributes: dict[str, Any] = {"state": state, "message": text}
        if original:
            attributes["original_report_id"] = int(original) if original.isascii() and original.isdigit() else original
        return self._done("POST", f"/reports/{_part(report)}/state_changes", {"type": "state-change", "attributes": attributes})

    def set_severity(self, report: str, severity: str, vector: str) -> str:
        metrics = metrics_of(vector) if self._platform.variant("severity", "rating") == "metrics" else {}
        body = {"type": "severity", "attributes": metrics or {"rating": severity}}
        return self._done("POST", f"/reports/{_part(report)}/severities", body)

    def set_field(self, report: str, field_id: str, value: str) -> str:
        body = {"attributes": {"custom_field_attribute_id": field_id, "value": value}}
        return self._done("POST", f"/reports/{_part(report)}/custom_field_values", body)

    def assign(self, report: str, kind: str, id_: str) -> str:
        return self._done("PUT", f"/reports/{_part(report)}/assignee", {"type": kind, "id": id_} if id_ else {"type": kind})

    def refer(self, report: str, reference: str) -> str:
        body = {"type": "issue-tracker-reference-id", "attributes": {"reference": reference}}
        return self._done("POST", f"/reports/{_part(report)}/issue_tracker_reference_id", body)

    def award(self, report: str, amount: str, bonus: str, text: str) -> str:
        said: dict[str, Any] = {"message": text, "amount": _number(amount)}
        if bonus:
            said["bonus_amount"] = _number(bonus)
        plain = self._platform.variant("bounty", "wrapped") == "plain"
        return self._made("POST", f"/reports/{_part(report)}/bounties", said if plain else {"type": "bounty", "attributes": said})

    def set_ineligible(self, report: str) -> str:
        body = {"type": "not-eligible-for-bounty", "attributes": {"message": ""}}
        return self._done("PUT", f"/reports/{_part(report)}/ineligible_for_bounty", body)

    def ask_disclosure(self, report: str, kind: str, text: str) -> str:
        attributes = {self._platform.variant("disclosure", "substate"): kind, **({"message": text} if text else {})}
        return self._made("POST", f"/reports/{_part(report)}/disclosure_requests", {"type": "disclosure-request", "attributes": attributes})

    def cancel_disclosure(self, report: str, text: str) -> str:
        return self._done("DELETE", f"/reports/{_part(report)}/disclosure_requests", {"attributes": {"message": text}})

    def _made(self, method: str, path: str, data: Mapping[str, Any]) -> str:
        """What was made has an id. Raises UnknownEnd without one."""
        answer = self._wire.write(method, path, {"data": data})
        if not (ref := text_at(answer.data, "data", "id")):
            raise UnknownEnd("HackerOne took it, and did not answer what it made of it.")
        return ref

    def _done(self, method: str, path: str, data: Mapping[str, Any]) -> str:
        """Some of these answer nothing. Raises UnknownEnd for an answer that is none of theirs."""
        answer = self._wire.write(method, path, {"data": data})
        if answer.data is not None and not (isinstance(answer.data, dict) and "data" in answer.data):
            raise UnknownEnd("HackerOne took it, and answered with something that is not what it documents.")
        return text_at(answer.data, "data", "id") if text_at(answer.data, "data", "type").startswith("activity-") else ""


def _rows(data: Any, *, objects_only: bool = True) -> list[Any]:
    """The rows of a list. Raises TemporaryFailure for an answer that has none."""
    rows = data.get("data") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise TemporaryFailure("HackerOne answered with something that is not the list that it documents.")
    return objects(rows) if objects_only else rows


def _is_full(data: Any, rows: list[Any], size: int) -> bool:
    """May there be more? A page with less than was asked for is the last one, whatever its links say."""
    links = data.get("links") if isinstance(data, dict) else None
    return len(rows) >= size and (not isinstance(links, dict) or bool(links.get("next")))


def _ids(rows: list[dict[str, Any]], name: str) -> dict[str, str]:
    return {said: id_ for row in rows if (said := text_at(row, "attributes", name)) and (id_ := text_at(row, "id"))}


def _number(amount: str) -> int | float:
    """As JSON writes it: 50, or 50.25."""
    whole, _, rest = amount.partition(".")
    return int(whole) if not rest.strip("0") else float(amount)


def _part(id_: str) -> str:
    return quote(id_, safe="")
