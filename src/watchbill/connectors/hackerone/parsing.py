"""What does an answer of HackerOne say of a report? Related objects stand inline; any of it may be missing or of another shape. Pure.

A field that is of no known shape is as if it were missing; only a report without an id or without any time is not understood.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from watchbill.connectors.hackerone.vectors import vector_of
from watchbill.connectors.reading import at, text_at
from watchbill.intake.rules import clean_deeply, short
from watchbill.platforms.messages import Said, Shown

OPEN = frozenset({"new", "pending-program-review", "triaged", "needs-more-info", "retesting"})
RATINGS = frozenset({"critical", "high", "medium", "low"})
TIMERS = ("first_program_response", "report_triage", "bounty_awarded", "report_resolved")
ASKED, CANCELLED = "activity-agreed-on-going-public", "activity-cancelled-disclosure-request"
PUBLIC = frozenset({"activity-report-became-public", "activity-manually-disclosed"})
INELIGIBLE, AWARDED = "activity-not-eligible-for-bounty", "activity-bounty-awarded"
LONGEST_DATUM, MOST_DATA, MOST_ACTIVITIES = 1000, 40, 5000
MOST_FILES, FILE_ID = 200, re.compile(r"[A-Za-z0-9_-]{1,64}")
NO_DATA = frozenset({"message", "internal", "created_at", "updated_at"})
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# Of which relationship a field comes: where an answer does not have it, it says nothing of the field.
FROM = {
    "reporter": "reporter",
    "weakness": "weakness",
    "structured_scope": "asset",
    "custom_field_values": "tier",
}


class Odd(ValueError):
    """This is no report that anybody understands. The message says why."""


def report_of(data: Any, *, tier_field: str) -> Shown:
    """Raises Odd."""
    if not isinstance(data, dict):
        raise Odd("It is no object.")
    row = dict(clean_deeply(data))
    id_, attributes = text_at(row, "id"), row.get("attributes")
    if not id_ or not isinstance(attributes, dict):
        raise Odd("It has no id, or no attributes.")
    created = moment(attributes.get("created_at")) or moment(attributes.get("submitted_at"))
    if created is None:
        raise Odd("It has no time at which it was made.")
    submitted = moment(attributes.get("submitted_at")) or created
    related: dict[str, Any] = found if isinstance(found := row.get("relationships"), dict) else {}
    state = text_at(attributes, "state") or "new"
    severity = at(related, "severity", "data", "attributes")
    kind, assignee = _assignee(at(related, "assignee", "data"))
    first_answer, triaged, closed = (moment(attributes.get(f"{n}_at")) for n in ("first_program_activity", "triaged", "closed"))
    shown = Shown(
        external_id=id_,
        title=" ".join(text_at(attributes, "title").split()) or f"Report {id_}",
        state=state,
        is_open=_is_open(text_at(attributes, "main_state"), state),
        created_at=created,
        submitted_at=submitted,
        active_at=_last_of(attributes) or submitted,
        url=f"https://hackerone.com/reports/{id_}" if id_.isascii() and id_.isdigit() else "",
        body=_words(attributes.get("vulnerability_information")),
        reporter=text_at(related, "reporter", "data", "attributes", "username"),
        severity=rating if (rating := text_at(severity, "rating")) in RATINGS else "",
        vector=vector_of(severity) if isinstance(severity, dict) else "",
        tier=_tier(at(related, "custom_field_values", "data"), tier_field),
        weakness=text_at(related, "weakness", "data", "attributes", "name"),
        asset=text_at(related, "structured_scope", "data", "attributes", "asset_identifier"),
        assignee_kind=kind,
        assignee=assignee,
        reference=text_at(attributes, "issue_tracker_reference_id") or text_at(attributes, "issue_tracker_reference_url"),
        original_id=text_at(attributes, "original_report_id") or text_at(related, "original_report", "data", "id"),
        cve_ids=tuple(str(each) for each in _list(attributes.get("cve_ids")) if isinstance(each, str)),
        bounties=tuple(_bounty(each) for each in objects(at(related, "bounties", "data"))),
        timers=_timers(attributes),
        triaged_at=triaged,
        closed_at=closed,
        disclosed_at=moment(attributes.get("disclosed_at")),
        first_answer_at=first_answer,
        untold=frozenset({"going_public_at", "ineligible", "files", *(name for where, name in FROM.items() if where not in related)}),
    )
    shown = _told_of_bounties(shown, attributes)
    return _told_of_activities(shown, row)


def said_of(data: Any, *, account: str) -> list[Said]:
    """What was said and done on a report, the oldest first. What nobody understands is left out: it says nothing."""
    reporter = text_at(data, "relationships", "reporter", "data", "attributes", "username").casefold()
    rows = objects(at(data, "relationships", "activities", "data"))[:MOST_ACTIVITIES]
    found = [one for row in rows if (one := _said(dict(clean_deeply(row)), reporter, account.casefold())) is not None]
    return sorted(found, key=lambda one: (one.at, one.external_id))


def moment(value: Any) -> dt.datetime | None:
    """A time; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = dt.datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [each for each in _list(value) if isinstance(each, dict)]


def _told_of_bounties(shown: Shown, attributes: Mapping[str, Any]) -> Shown:
    """None is shown: are there none? Whoever may not see bounties still sees when one was awarded."""
    if shown.bounties or ("bounty_awarded_at" in attributes and attributes["bounty_awarded_at"] is None):
        return shown
    return replace(shown, untold=shown.untold | {"bounties"})


def _told_of_activities(shown: Shown, row: Mapping[str, Any]) -> Shown:
    """What only activities tell: is disclosure asked for, is there to be no bounty, and what is attached?"""
    rows = at(row, "relationships", "activities", "data")
    if not isinstance(rows, list):
        return shown
    told = sorted(
        ((moment(at(one, "attributes", "created_at")) or EARLIEST, str(one.get("type")), one) for one in objects(rows)),
        key=lambda each: each[0],
    )
    going_public: dt.datetime | None = None
    ineligible = False
    for _, kind, one in told:
        if kind == ASKED:
            dates = (moment(at(one, "attributes", name)) for name in ("allow_singular_disclosure_at", "disclosed_at"))
            going_public = next((date for date in dates if date is not None), None)
        elif kind == CANCELLED or kind in PUBLIC:
            going_public = None
        elif kind in (INELIGIBLE, AWARDED):
            ineligible = kind == INELIGIBLE
    if shown.disclosed_at is not None:
        going_public = None
    files = tuple(_file(each) for each in attachments(row))
    untold = shown.untold - {"going_public_at", "ineligible", "files"}
    return replace(shown, going_public_at=going_public, ineligible=ineligible, files=files, untold=untold)


def attachments(row: Any) -> list[dict[str, Any]]:
    """What is attached to a report and to whatever was said on it, as it came, each once."""
    rows = [row, *objects(at(row, "relationships", "activities", "data"))[:MOST_ACTIVITIES]]
    found = {text_at(each, "id"): each for one in rows for each in objects(at(one, "relationships", "attachments", "data"))}
    return [each for id_, each in found.items() if FILE_ID.fullmatch(id_)][:MOST_FILES]


def _file(row: Mapping[str, Any]) -> dict[str, Any]:
    size = at(row, "attributes", "file_size")
    whole = size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**53 else 0
    return {"id": text_at(row, "id"), "name": short(text_at(row, "attributes", "file_name"), 120).strip() or "attachment", "size": whole}


def _said(row: Mapping[str, Any], reporter: str, account: str) -> Said | None:
    attributes, id_ = row.get("attributes"), text_at(row, "id")
    made = moment(at(attributes, "created_at")) or moment(at(attributes, "updated_at"))
    if not id_ or not isinstance(attributes, dict) or made is None:
        return None
    actor = at(row, "relationships", "actor", "data")
    author = text_at(actor, "attributes", "username") or text_at(actor, "attributes", "name") or text_at(actor, "attributes", "handle")
    return Said(
        external_id=id_,
        kind=text_at(row, "type") or "activity",
        at=made,
        internal=attributes.get("internal") is True,
        author=author,
        by_reporter=bool(reporter) and author.casefold() == reporter,
        by_us=bool(account) and author.casefold() == account,
        message=_words(attributes.get("message")),
        data=_data(row, attributes),
    )


def _data(row: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What else it says, in single words and numbers."""
    told = {name: value for name, value in attributes.items() if name not in NO_DATA and isinstance(value, (str, int, float, bool))}
    for name in ("assigned_user", "assigned_group"):
        whom = at(row, "relationships", name, "data", "attributes")
        if found := text_at(whom, "username") or text_at(whom, "name"):
            told[name] = found
    short = {name[:80]: value[:LONGEST_DATUM] if isinstance(value, str) else value for name, value in told.items()}
    return dict(list(short.items())[:MOST_DATA])


def _is_open(main_state: str, state: str) -> bool:
    return main_state != "closed" if main_state in ("open", "closed", "draft") else state in OPEN


def _last_of(attributes: Mapping[str, Any]) -> dt.datetime | None:
    names = ("", "public_", "program_", "reporter_")
    first = moment(attributes.get("last_activity_at"))
    return first or max((when for name in names if (when := moment(attributes.get(f"last_{name}activity_at"))) is not None), default=None)


def _assignee(data: Any) -> tuple[str, str]:
    kind = text_at(data, "type")
    name = text_at(data, "attributes", "username" if kind == "user" else "name")
    return (kind, name) if kind in ("user", "group") and name else ("", "")


def _tier(values: Any, field: str) -> str:
    for value in objects(values):
        label = text_at(value, "relationships", "custom_field_attribute", "data", "attributes", "label")
        if field and label.casefold() == field.casefold():
            return text_at(value, "attributes", "value")
    return ""


def _bounty(row: Mapping[str, Any]) -> dict[str, str]:
    """Amounts as they were awarded, in the currency of the programme; beside them the amount in US dollars, where that is another one."""
    told = row.get("attributes") if isinstance(row.get("attributes"), dict) else {}
    plain = _amount(at(told, "amount"))
    found = {
        "id": text_at(row, "id"),
        "amount": _amount(at(told, "awarded_amount")) or plain,
        "bonus": _amount(at(told, "awarded_bonus_amount")) or _amount(at(told, "bonus_amount")),
        "currency": text_at(told, "awarded_currency").upper()[:8],
        "at": text_at(told, "created_at")[:40],
    }
    return {**found, "amount_usd": plain} if plain and plain != found["amount"] else found


def _amount(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    try:
        amount = Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        return ""
    return f"{amount:.2f}" if amount.is_finite() and abs(amount) < 10**12 else ""


def _timers(attributes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """HackerOne's own promises. What has elapsed is told only of those that ended: of the others it would be another number each time."""
    found: dict[str, dict[str, Any]] = {}
    ended = {"first_program_response": "first_program_activity", "report_triage": "triaged", "report_resolved": "closed"}
    for name in TIMERS:
        miss, elapsed = moment(attributes.get(f"timer_{name}_miss_at")), attributes.get(f"timer_{name}_elapsed_time")
        over = moment(attributes.get(f"{ended.get(name, name)}_at")) is not None
        told: dict[str, Any] = {"miss_at": miss.isoformat()} if miss is not None else {}
        if over and type(elapsed) in (int, float):
            told["elapsed"] = elapsed
        if told:
            found[name] = told
    return found


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""
