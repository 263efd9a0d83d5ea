"""What goes in and what comes out of hand-offs."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from watchbill.api.shapes import Body, Line, Moment, PersonOut, Text, Word
from watchbill.handoff.rules import MOST_LINES, Step, Words

Lines = Annotated[list[Line], Field(max_length=MOST_LINES)]


class StepIn(Body):
    who: Word = Field("", description="A handle, or a name in another team.")
    what: Text = ""


class HandoffIn(Body):
    """Needed for an offer: `to`, `summary`, `next_steps`, `engaged`. What is missing is said, part by part."""

    to: Word = Field(description="Handle of whoever has it next.")
    kind: Literal["shift", "break", "permanent"] = "shift"
    returns_at: Moment | None = Field(None, description="Of a break: when you are back; then it offers itself back. RFC 3339.")
    summary: Text = Field("", description="What it is, and how it stands.")
    related: Lines = Field(default_factory=list, description="Issues that other teams work on.")
    engaged: Lines = Field(default_factory=list, description="Who works on it besides: handles or names.")
    bridge: Text = Field("", description="Address of the call.")
    channels: Lines = Field(default_factory=list, description="Channels and threads.")
    next_steps: Annotated[list[StepIn], Field(max_length=MOST_LINES)] = Field(
        default_factory=list, description="What comes next, and whose it is."
    )
    open_questions: Lines = Field(default_factory=list)
    decisions: Lines = Field(default_factory=list)
    pending: Lines = Field(default_factory=list, description="What runs, and when it is done.")

    def words(self) -> Words:
        return Words(
            summary=self.summary,
            related=tuple(self.related),
            engaged=tuple(self.engaged),
            bridge=self.bridge,
            channels=tuple(self.channels),
            next_steps=tuple(Step(step.who, step.what) for step in self.next_steps),
            open_questions=tuple(self.open_questions),
            decisions=tuple(self.decisions),
            pending=tuple(self.pending),
        )


class AcceptIn(Body):
    readback: Text = Field("", description="In your own words: what is going on, what you do first.")


class DeclineIn(Body):
    why: Text = Field("", description="Whoever offered it reads it.")


class KeepIn(Body):
    until: Moment | None = Field(None, description="Until when you keep it; needed on a desk that is paged. RFC 3339.")


class StepOut(Schema):
    who: str
    what: str


class QuestionOut(Schema):
    by: PersonOut
    text: str
    answer: str | None


class WrittenOut(Schema):
    place: Literal["chat", "issue"]
    name: str
    state: Literal["waiting", "written", "failed"]
    error: str


class HandoffOut(Schema):
    id: int
    incident: int
    kind: Literal["shift", "break", "permanent"]
    state: Literal["offered", "accepted", "declined", "withdrawn", "expired"]
    from_: PersonOut = Field(alias="from")
    to: PersonOut
    offered_at: Moment
    expires_at: Moment = Field(description="Unanswered until then it is over, and nothing has moved.")
    ended_at: Moment | None
    readback: str | None
    why: str | None = Field(description="Why it was declined, or ended unanswered.")
    returns_at: Moment | None
    summary: str
    related: list[str]
    engaged: list[str]
    bridge: str
    channels: list[str]
    next_steps: list[StepOut]
    open_questions: list[str]
    decisions: list[str]
    pending: list[str]
    questions: list[QuestionOut]
    records: list[WrittenOut] = Field(description="Where it is written outside once it is accepted.")
