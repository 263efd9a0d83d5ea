"""What goes in and what comes out where watches change hands: overrides, swaps, requests for cover."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from ninja import Schema
from pydantic import Field, StrictBool

from watchbill.api.shapes import Body, Moment, PersonOut, Text, Word

OverrideKind = Literal["take", "replace", "add", "remove", "shadow", "reverse_shadow"]


class OverrideIn(Body):
    kind: OverrideKind = Field(
        description="What happens: `person` takes the watch, whoever it was, ... `shadow`: is notified along; "
        "`reverse_shadow`: has the watch, and whoever had it is notified along."
    )
    person: Word = Field(description="Whom it is about, by handle.")
    replaced: Word = Field("", description="Of `replace`: whose watch it was.")
    start: Moment = Field(description="When it begins; what began before now begins now. RFC 3339.")
    end: Moment = Field(description="When it is over, a year after its beginning at most. RFC 3339.")
    layer: Word = Field("", description="Only on this layer; the whole schedule without it.")
    until: dt.date | None = Field(
        None, description="The same of every week until this day, 26 times at most: all of them are made, or none. The first is answered."
    )
    reason: Text = Field("", description="Why, for whoever asks later; 500 characters at most.")
    allow_gap: StrictBool = Field(False, description="It may leave nobody on watch. Otherwise that is refused, as `new_gap`.")


class OverrideOut(Schema):
    id: int
    schedule: str
    layer: str | None
    kind: OverrideKind
    person: PersonOut
    replaced: PersonOut | None
    start: Moment
    end: Moment
    reason: str
    source: Literal["override", "swap"]
    series: int | None = Field(
        description="The first of those that were made together, week after week or on several schedules; null: made alone."
    )
    created_by: str | None = Field(description="A handle; null: nobody with an account.")
    created_at: Moment
    withdrawn_at: Moment | None


class StandInIn(Body):
    person: Word = Field(description="Who takes the watches, by handle.")
    replaced: Word = Field(description="Whose watches they are, by handle.")
    start: Moment = Field(description="When it begins; what began before now begins now. RFC 3339.")
    end: Moment = Field(description="When it is over, a year after its beginning at most. RFC 3339.")
    reason: Text = Field("", description="Why, for whoever asks later; 500 characters at most.")
    allow_gap: StrictBool = Field(False, description="It may leave nobody on watch. Otherwise that is refused, as `new_gap`.")


class WatchAt(Body):
    schedule: Word
    at: Moment = Field(description="A moment in the watch. RFC 3339.")


class SwapIn(Body):
    to: Word = Field(description="Whose watch I take, by handle.")
    give: WatchAt = Field(description="My watch.")
    take: WatchAt = Field(description="Theirs.")
    reason: Text = Field("", description="Why; the other reads it. 500 characters at most.")


class DeclineSwapIn(Body):
    why: Text = Field("", description="Whoever offered reads it. 500 characters at most.")


class CoverIn(Body):
    schedule: Word
    at: Moment = Field(description="A moment in my watch. RFC 3339.")
    reason: Text = Field("", description="Why; those who are asked read it. 500 characters at most.")


class CoverOut(Schema):
    id: int
    state: Literal["open", "taken", "withdrawn", "expired"]
    from_: PersonOut = Field(alias="from")
    schedule: str
    layer: str | None
    start: Moment
    end: Moment
    reason: str
    asked: int = Field(description="How many were asked: free, rested, of the team.")
    opened_at: Moment
    reminded_at: Moment | None = Field(description="When those who could were reminded, a day before.")
    escalated_at: Moment | None = Field(description="When the managers heard that nobody takes it.")
    ended_at: Moment | None
    taker: PersonOut | None
    override: int | None = Field(description="The override that gives the taker the watch.")


class SwapHalfOut(Schema):
    schedule: str
    start: Moment
    end: Moment
    layer: str | None


class SwapOut(Schema):
    id: int
    state: Literal["offered", "accepted", "declined", "withdrawn", "expired", "undone"]
    from_: PersonOut = Field(alias="from")
    to: PersonOut
    give: SwapHalfOut = Field(description="What `from` gives.")
    take: SwapHalfOut = Field(description="What `from` takes for it.")
    reason: str
    answer: str = Field(description="Why it was declined.")
    offered_at: Moment
    expires_at: Moment = Field(description="The start of the earlier watch.")
    ended_at: Moment | None
    ended_by: str | None = Field(description="Who accepted, declined or withdrew it.")
    undone_at: Moment | None
