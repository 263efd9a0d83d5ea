"""Private vulnerability reports of a repository on GitHub, as a platform that is only read: its repository security advisories.

GitHub's list knows no "since": it is walked from the latest change back to what is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qs, quote, urlsplit

from watchbill.connectors.failures import PermanentFailure, TemporaryFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.platform import Page, Report, Standing
from watchbill.connectors.reading import at, text_at
from watchbill.connectors.wire import Wire
from watchbill.intake.rules import clean_deeply
from watchbill.platforms.messages import Shown
from watchbill.platforms.selectors import Settings

VERSION = "2022-11-28"
OPEN = ("triage", "draft")  # a report that came in privately; one that the repository's people wrote or accepted
CLOSED = frozenset({"published", "closed", "withdrawn"})
RATINGS = frozenset({"critical", "high", "medium", "low"})
MOST_PAGES = 50  # of one walk
DENIED = {
    401: "the token is not valid. It is tried again.",
    403: "the token may not read the security advisories of this repository. It needs that right (repository security advisories, read). It is tried again.",
}


class Odd(ValueError):
    """This is no advisory that anybody understands. The message says why."""


def wire(platform: Settings, outgoing: Outgoing) -> Wire:
    """Requests with this platform's token."""
    token = platform.token.strip()
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
    return Wire(outgoing, platform.url, headers, called="GitHub", denied=DENIED)


class Client:
    """The advisories of one repository."""

    def __init__(self, platform: Settings, wire: Wire) -> None:
        owner, _, name = platform.program.partition("/")
        self._at = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}/security-advisories"
        self._wire = wire

    def check(self) -> Standing:
        """Does the token see the advisories? As whom it is known GitHub does not say to every kind of token."""
        self._wire.get(self._at, {"per_page": 1})
        try:
            return Standing(text_at(self._wire.get("/user").data, "login"), {})
        except (TemporaryFailure, PermanentFailure):
            return Standing("", {})

    def page(self, *, since: dt.datetime | None, number: int, size: int, open_only: bool = False) -> Page:  # noqa: ARG002  walked to its end
        """Everything that changed since then, at once. Raises TemporaryFailure for a list that does not end."""
        items, odd = dict[str, Shown](), dict[str, str]()
        for state in OPEN if open_only else ("",):
            self._walk(state, since, size, items, odd)
        return Page(tuple(sorted(items.values(), key=lambda one: (one.active_at, one.external_id))), odd)

    def _walk(self, state: str, since: dt.datetime | None, size: int, items: dict[str, Shown], odd: dict[str, str]) -> None:
        after = ""
        for _ in range(MOST_PAGES):
            query = {"state": state or None, "sort": "updated", "direction": "desc", "per_page": size, "after": after or None}
            answer = self._wire.get(self._at, query)
            if not isinstance(answer.data, list):
                raise TemporaryFailure("GitHub answered 200 with something that is not what it documents.")
            oldest = _take(answer.data, items, odd)
            following = _after(answer.headers)
            if not following or following == after or (since is not None and oldest is not None and oldest < since):
                return
            after = following
        raise TemporaryFailure(f"GitHub's list of advisories did not end within {MOST_PAGES} pages.")

    def report(self, external_id: str) -> Report:
        try:
            return advisory_of(self._wire.get(f"{self._at}/{quote(external_id, safe='')}").data), ()
        except Odd as error:
            raise TemporaryFailure(str(error)) from error

    def file(self, external_id: str, file_id: str) -> bytes:  # noqa: ARG002  as every platform is asked
        """Its advisories name no files."""
        raise PermanentFailure("GitHub attaches no files to an advisory.")

    def feed(self, mark: str) -> tuple[set[tuple[str, str]], str]:
        """GitHub has none."""
        return set(), mark

    def comment(self, report: str, text: str, *, internal: bool) -> str:
        _only_read(report, text, internal)

    def set_state(self, report: str, state: str, text: str, original: str) -> str:
        _only_read(report, state, text, original)

    def set_severity(self, report: str, severity: str, vector: str) -> str:
        _only_read(report, severity, vector)

    def set_field(self, report: str, field_id: str, value: str) -> str:
        _only_read(report, field_id, value)

    def assign(self, report: str, kind: str, id_: str) -> str:
        _only_read(report, kind, id_)

    def refer(self, report: str, reference: str) -> str:
        _only_read(report, reference)

    def award(self, report: str, amount: str, bonus: str, text: str) -> str:
        _only_read(report, amount, bonus, text)

    def set_ineligible(self, report: str) -> str:
        _only_read(report)

    def ask_disclosure(self, report: str, kind: str, text: str) -> str:
        _only_read(report, kind, text)

    def cancel_disclosure(self, report: str, text: str) -> str:
        _only_read(report, text)


def advisory_of(data: Any) -> Shown:
    """An advisory as a report. A field of an unknown shape is as if it were missing. Raises Odd for one without an id or a time."""
    if not isinstance(data, dict):
        raise Odd("It is no object.")
    row = dict(clean_deeply(data))
    id_, created = text_at(row, "ghsa_id"), _moment(row.get("created_at"))
    if not id_:
        raise Odd("It has no GHSA id.")
    updated = _moment(row.get("updated_at")) or created
    if created is None or updated is None:
        raise Odd("It has no time at which it was made.")
    state, address = text_at(row, "state") or "triage", text_at(row, "html_url")
    severity = text_at(row, "severity").lower()
    return Shown(
        external_id=id_,
        title=" ".join(text_at(row, "summary").split()) or f"Advisory {id_}",
        state=state,
        is_open=state not in CLOSED,
        created_at=created,
        submitted_at=created,
        active_at=updated,
        url=address if address.startswith("https://") else "",
        body=row["description"] if isinstance(row.get("description"), str) else "",
        reporter=_reporter(row),
        severity=severity if severity in RATINGS else "",
        vector=_vector(row),
        weakness=next((each for each in _list(row.get("cwe_ids")) if isinstance(each, str)), ""),
        asset=_asset(row),
        cve_ids=tuple(each for each in (text_at(row, "cve_id"),) if each),
        closed_at=_moment(row.get("closed_at")) or _moment(row.get("withdrawn_at")) or (_moment(row.get("published_at"))),
        disclosed_at=_moment(row.get("published_at")),
    )


def _take(rows: list[Any], items: dict[str, Shown], odd: dict[str, str]) -> dt.datetime | None:
    """One page; answers the oldest change on it. One that nobody understands is counted, and the others go on."""
    oldest: dt.datetime | None = None
    for place, row in enumerate(rows, start=1):
        try:
            shown = advisory_of(row)
        except Odd as error:
            odd[text_at(row, "ghsa_id") or f"without an id, number {place} of a page"] = str(error)
        else:
            items[shown.external_id] = shown
            oldest = min(oldest or shown.active_at, shown.active_at)
    return oldest


def _after(headers: Mapping[str, str]) -> str:
    """The cursor of the next page, by the Link header; empty for none."""
    for part in headers.get("link", "").split(","):
        address, _, params = part.partition(";")
        if 'rel="next"' in params:
            return next(iter(parse_qs(urlsplit(address.strip(" <>")).query).get("after", [])), "")
    return ""


def _reporter(row: Mapping[str, Any]) -> str:
    """Whoever is credited as its reporter, else whoever sent it in."""
    credits_ = [each for each in _list(row.get("credits_detailed")) if isinstance(each, dict) and each.get("type") == "reporter"]
    return next((name for each in credits_ if (name := text_at(each, "user", "login"))), "") or text_at(row, "author", "login")


def _vector(row: Mapping[str, Any]) -> str:
    newer = (text_at(row, "cvss_severities", name, "vector_string") for name in ("cvss_v4", "cvss_v3"))
    return next((each for each in newer if each), "") or text_at(row, "cvss_vector_string") or text_at(row, "cvss", "vector_string")


def _asset(row: Mapping[str, Any]) -> str:
    packages = [at(each, "package") for each in _list(row.get("vulnerabilities"))]
    names = ["/".join(part for part in (text_at(each, "ecosystem"), text_at(each, "name")) if part) for each in packages]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _moment(value: Any) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = dt.datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _only_read(*_: object) -> NoReturn:
    raise PermanentFailure("Reports of GitHub are only read. Write there yourself.")
