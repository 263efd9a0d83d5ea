"""What comes out of a preview: whom a page would reach that nobody answers."""

from __future__ import annotations

from typing import Literal

from ninja import Schema
from pydantic import Field

from watchbill.api.shapes import Moment, PersonOut


class WayOut(Schema):
    kind: str = Field(description="Kind of the contact.")
    after_seconds: int = Field(description="After the person's turn began.")


class ReachedOut(Schema):
    person: PersonOut
    why: str
    ways: list[WayOut]
    unreachable: str = Field(description="Why no way is there; empty when one is.")


class PassedOut(Schema):
    name: str
    why: str


class ForeseenOut(Schema):
    kind: str = Field(description="step, daylight, held, last_resort, ...")
    step: int
    round: int
    at: Moment
    after_seconds: int = Field(description="Since the page began.")
    people: list[ReachedOut]
    skipped: list[PassedOut]


class PreviewOut(Schema):
    """Whom a page would reach that nobody answers."""

    policy: str
    team: str
    at: Moment
    urgency: Literal["high", "low"]
    firings: list[ForeseenOut]
