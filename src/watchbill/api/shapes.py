"""What goes in and what comes out, as it is published in the API's description.

Bodies are strict: an unknown field is a mistake and is said. Text never has NUL characters or lone surrogates; both cannot be stored.
Answers are not validated on the way out: tests hold them to these shapes.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

Severity = Literal["critical", "high", "medium", "low"]
Urgency = Literal["high", "low"]


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("it has a NUL character, which cannot be stored")
    return text


def _written(moment: Any) -> Any:
    """A number could be seconds or milliseconds of some epoch."""
    if isinstance(moment, int | float):
        raise ValueError("expected a time as RFC 3339 text, such as 2026-11-02T09:00:00Z")
    return moment


def _sensible(moment: dt.datetime) -> dt.datetime:
    if not 1970 <= moment.year <= 2200:
        raise ValueError("expected a time between the years 1970 and 2200")
    return moment


Text = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_storable)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1024), AfterValidator(_storable)]
Word = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_sensible)]


class Body(Schema):
    """What every body has in common."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Body):
    """No fields."""


class AcknowledgeIn(Body):
    take_over: StrictBool = Field(False, description="The owner was silent: own it from now on.")


class OpenIn(Body):
    title: Line = Field(description="What happened, in one sentence.")
    service: Word = Field(description="The service whose team is paged.")
    severity: Severity = "high"
    urgency: Urgency = "high"
    restricted: StrictBool = Field(False, description="Need to know: only those who are paged or named see it.")


class ReasonIn(Body):
    reason: Text = Field(description="One sentence; it stands in the timeline.")


class SnoozeIn(Body):
    reason: Text = Field(description="Why it can wait.")
    until: Moment = Field(description="When the page goes on, at most 24 hours from now. RFC 3339.")


class NoteIn(Body):
    text: Text = Field(description="What was seen, decided or tried.")
    kind: Literal["finding", "decision", "question", "improvement"] = "finding"


class AssignIn(Body):
    to: Word = Field(description="Handle of the person.")


class PagePeopleIn(Body):
    to: list[Word] = Field(description="Handles of the people to page besides.", min_length=1, max_length=20)
    reason: Text = Field(description="They read it first.")


class SeverityIn(Body):
    severity: Severity
    reason: Text = Field("", description="Needed to lower it.")


class ManagerIn(Body):
    act: Literal["calling", "page_again", "page_backup", "page_others", "take"]


class MergeIn(Body):
    into: int = Field(description="Number of the incident that goes on.", ge=1, le=2**63 - 1)


class FlowStepIn(Body):
    step: Word = Field(description="As the list of steps names it.")
    answer: Literal["yes", "no", "done", "not_needed"]
    why: Text = Field("", description="Needed for a decision, and for what is left out.")


class PersonOut(Schema):
    handle: str
    name: str


class FlowStepOut(Schema):
    """A step of the flow that is on the way now."""

    step: str
    text: str
    state: Literal["answered", "open", "waits"]
    expected: list[str]
    answer: Literal["yes", "no", "done", "not_needed"] | None
    why: str
    by: PersonOut | None
    at: Moment | None


class SplitIn(Body):
    """Either `keys` or `field` with `value`."""

    keys: list[Word] = Field([], description="Dedup keys of alerts that fire in this incident.", max_length=1000)
    field: Literal["", "class", "component", "group", "source", "summary"] = Field("", description="Or: every firing alert whose field ...")
    value: Text = Field("", description="... says this.")
    keep: StrictBool = Field(False, description="You have it at once; otherwise its page begins.")


class MaintenanceIn(Body):
    service: Word = Field(description="The service that is worked on.")
    reason: Text = Field(description="Why it is quiet, in 1 to 500 characters.")
    starts_at: Moment | None = Field(None, description="Now unless said. RFC 3339.")
    ends_at: Moment = Field(description="It always has an end, 92 days after its begin at most. RFC 3339.")
    when: dict[Word, Line] = Field(
        default_factory=dict, description="Only alerts whose fields fit: a value, or /pattern/. Empty: every alert of the service."
    )
    every: Literal["", "1 day", "1 week"] = Field("", description="Again at the same clock times of `timezone`.")
    until: Moment | None = Field(None, description="One that recurs does not begin again from then on.")
    timezone: Word = Field("UTC", description="Whose clock one that recurs keeps, as Europe/Berlin.")


class EndIn(Body):
    this_time: StrictBool = Field(False, description="One that recurs comes again next time.")


class ExtendIn(Body):
    ends_at: Moment = Field(description="The new end, later or sooner. RFC 3339.")


class PageOut(Schema):
    purpose: Literal["respond", "coordinate", "handoff", "clock", "drill"]
    status: Literal["triggered", "acknowledged", "resolved", "exhausted", "paused"]
    step: int = Field(description="The step it is on, counted from 1.")
    next_at: Moment | None = Field(description="When it goes on by itself.")


class AlertOut(Schema):
    dedup_key: str
    summary: str
    severity: Severity
    state: Literal["firing", "resolved"]
    count: int = Field(description="Events that said so.")
    first_at: Moment
    last_at: Moment
    acknowledged_at: Moment | None = Field(description="By its source: a mark, no owner.")
    resolved_at: Moment | None


class OfferOut(Schema):
    id: int
    kind: Literal["shift", "break", "permanent"]
    state: Literal["offered"]
    from_: PersonOut = Field(alias="from")
    to: PersonOut
    offered_at: Moment
    expires_at: Moment
    returns_at: Moment | None


class IncidentOut(Schema):
    """An incident, as every answer and `watchbill show --json` print it."""

    number: int
    title: str
    status: Literal["triggered", "acknowledged", "resolved"]
    severity: Severity
    service: str | None
    owner: PersonOut | None
    acting: PersonOut | None
    opened_at: Moment
    acknowledged_at: Moment | None
    resolved_at: Moment | None
    page: PageOut | None = Field(description="The page of purpose respond.")
    pages: list[PageOut]
    alerts: list[AlertOut] = Field(description="The latest 50.")
    handoff: OfferOut | None = Field(description="The hand-off that waits for an answer.")
    restricted: bool
    url: str


class EntryOut(Schema):
    id: int
    at: Moment
    kind: str
    actor: PersonOut | None = Field(description="Null for the desk itself.")
    via: str
    text: str


class OnCallOut(Schema):
    person: PersonOut
    until: Moment | None
    reachable_from: Moment | None
    source: str


class NextOut(Schema):
    person: PersonOut
    from_: Moment = Field(alias="from")


class WatchOut(Schema):
    schedule: str
    on_call: list[OnCallOut]
    next: list[NextOut]


class ReadinessOut(Schema):
    schedule: str
    person: PersonOut
    from_: Moment = Field(alias="from", description="When the watch begins, or began.")
    until: Moment
    runs: bool = Field(description="It has begun.")
    state: Literal["ready", "asked", "quiet", "unanswered", "unproven", "no_phone", "unreachable"]
    why: str
    manages: bool = Field(description="It is the watch of the team's managers, who must be reachable by telephone.")


class ShiftOut(Schema):
    schedule: str
    person: PersonOut | None = Field(description="Null in a gap.")
    start: Moment
    end: Moment
    source: Literal["layer", "override", "swap", "gap"]
    layer: str | None
    shadow: bool = Field(False, description="True for whoever is only notified along, which is never coverage; else it is left out.")


class ScheduleOut(Schema):
    name: str
    team: str
    timezone: str
    combine: Literal["union", "stack"]
    hours: Literal["any", "business"]


class MemberOut(Schema):
    handle: str
    name: str
    role: Literal["viewer", "responder", "manager", "admin"]
    on_desk: bool


class HumanOut(Schema):
    handle: str
    name: str
    timezone: str
    region: str


class TeamOut(Schema):
    name: str
    desk: Literal["paged", "queue"]
    ownership: Literal["acker", "on_call", "assigned"]
    members: list[MemberOut]


class ServiceOut(Schema):
    name: str
    team: str
    policy: str | None
    restricted: bool


class PolicyOut(Schema):
    name: str
    team: str
    steps: int
    repeat: int


class MaintenanceOut(Schema):
    """A maintenance: the time that runs or comes next."""

    id: int
    service: str
    team: str
    state: Literal["coming", "running", "over"]
    starts_at: Moment
    ends_at: Moment
    reason: str
    when: dict[str, str]
    every: str = Field(description="`1 day`, `1 week`, or empty for one that does not recur.")
    until: Moment | None
    timezone: str
    by: str | None = Field(description="Handle of whoever added it; null for the operator at the console.")
    ended_by: str | None = Field(description="Handle of whoever ended it before its time.")
    holds: int = Field(description="Incidents that it holds back now, as far as you may see them.")


class CarriedOut(Schema):
    """What one person carried in one month."""

    month: str
    schedule: str
    person: PersonOut | None
    hours: float
    nights: int
    weekends: int
    holidays: int


class HeartbeatOut(Schema):
    id: int
    name: str
    service: str
    team: str
    state: Literal["beats", "waits", "silent"] = Field(description="`waits`: for its first sign, and not late yet.")
    every_seconds: int
    grace_seconds: int
    severity: Severity
    last_at: Moment | None = Field(description="When the last sign came.")
    silent_since: Moment | None


class AttemptOut(Schema):
    n: int
    started_at: Moment
    ended_at: Moment
    outcome: Literal["accepted", "delivered", "temporary", "permanent", "unknown"]
    detail: str


class NotificationOut(Schema):
    id: str = Field(description="The Idempotency-Key that its receiver saw.")
    incident: int
    person: PersonOut | None = Field(description="null: a webhook that the policy names.")
    host: str = Field(description="Of such a webhook; else empty.")
    kind: Literal["page", "status", "handoff", "duty", "drill", "clock"]
    method: str = Field(description="Kind of the contact; empty when the person has none that can be used.")
    state: Literal["queued", "leased", "sent", "delivered", "failed", "cancelled"]
    possible_duplicate: bool
    asked_at: Moment
    due_at: Moment
    finished_at: Moment | None
    error: str
    attempts: list[AttemptOut]


class RecordOut(Schema):
    id: int
    at: Moment
    actor: str
    via: str
    action: str
    kind: str
    object: str
    incident: int | None
    team: str | None
    detail: dict[str, Any]


class ErrorOut(Schema):
    """Every refusal."""

    error: str = Field(description="A code that stays.")
    message: str = Field(description="One sentence: what happened, what was expected, what to do next.")
    details: dict[str, Any]


Item = TypeVar("Item")


class ListOut(Schema, Generic[Item]):
    """One page of a list. `next` goes into `cursor` of the next request; null: this was the last."""

    items: list[Item]
    next: str | None
