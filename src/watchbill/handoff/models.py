"""Hand-offs with their questions and where they are recorded, and what is kept at a shift's end."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from watchbill.incidents.models import Incident
from watchbill.people.models import Person


class Handoff(models.Model):
    """One offer to have an incident next. `due_at` is the one time at which the engine must look at it again."""

    class Kind(models.TextChoices):
        SHIFT = "shift"
        BREAK = "break"
        PERMANENT = "permanent"

    class State(models.TextChoices):
        DRAFT = "draft"
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="handoffs")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.SHIFT)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    giver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    receiver = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # null: a draft may not know
    summary = models.TextField(blank=True, default="")
    related = models.JSONField(default=list)
    engaged = models.JSONField(default=list)
    bridge = models.CharField(max_length=1000, blank=True, default="")
    channels = models.JSONField(default=list)
    next_steps = models.JSONField(default=list)  # [{who, what}]
    open_questions = models.JSONField(default=list)
    decisions = models.JSONField(default=list)
    pending = models.JSONField(default=list)
    created_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    readback = models.TextField(blank=True, default="")
    why = models.TextField(blank=True, default="")  # declined or over: the reason
    returns_at = models.DateTimeField(null=True)  # of a break
    returns = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")  # the break that this one ends
    batch = models.UUIDField(null=True)  # offered together at a shift's end
    shift_ends_at = models.DateTimeField(null=True)  # of the giver, when it was offered
    watch_ends_at = models.DateTimeField(null=True)  # of the receiver: unanswered until then, an offer of a shift is over
    due_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    paged_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    page_id = models.BigIntegerField(null=True)  # the page that asks the receiver

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="handoff_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["receiver"], name="handoff_to", condition=Q(state="offered")),
            models.Index(fields=["giver"], name="handoff_from", condition=Q(state__in=["draft", "offered"])),
            models.Index(fields=["returns_at"], name="handoff_break", condition=Q(state="accepted", returns_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["shift", "break", "permanent"]), name="handoff_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "offered", "accepted", "declined", "withdrawn", "expired"]), name="handoff_state"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(receiver__isnull=False, offered_at__isnull=False, expires_at__isnull=False),
                name="handoff_offered_to_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="offered") | Q(due_at__isnull=False), name="handoff_never_forgotten"),
            models.CheckConstraint(condition=~Q(state="accepted") | ~Q(readback=""), name="handoff_read_back"),
            models.UniqueConstraint(fields=["incident"], name="handoff_one_open_offer", condition=Q(state="offered")),
            models.UniqueConstraint(fields=["incident", "giver"], name="handoff_one_draft", condition=Q(state="draft")),
            models.UniqueConstraint(
                fields=["returns"], name="handoff_one_open_return", condition=Q(state="offered", returns__isnull=False)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="handoff_over_is_over",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                IF OLD.state NOT IN ('draft', 'offered') AND (NEW.state, NEW.receiver_id, NEW.summary, NEW.next_steps, NEW.readback, NEW.why, NEW.ended_at)
                    IS DISTINCT FROM (OLD.state, OLD.receiver_id, OLD.summary, OLD.next_steps, OLD.readback, OLD.why, OLD.ended_at) THEN
                    RAISE EXCEPTION 'a hand-off that is over does not change';
                END IF;
                RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"hand-off {self.pk}"


class Question(models.Model):
    """What one of the two asks before it is accepted, and the answer."""

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="questions")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField()
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True, default="")
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.text


class HandoffRecord(models.Model):
    """Where an accepted hand-off is written outside: the team's channel, the tracking issue. How far that is stands with whoever writes there."""

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="records")
    place = models.CharField(max_length=8)  # chat | issue
    name = models.CharField(max_length=300)  # of the channel or the project
    state = models.CharField(max_length=8, default="waiting")  # waiting | written | failed, while nobody there was asked
    posting_id = models.BigIntegerField(null=True)  # of the chat: the message that says it
    write_id = models.BigIntegerField(null=True)  # of the tracker: the comment that says it
    error = models.CharField(max_length=500, blank=True, default="")  # why nobody there was asked

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handoff", "place", "name"], name="handoff_record_once"),
            models.CheckConstraint(condition=Q(place__in=["chat", "issue"]), name="handoff_record_place"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "written", "failed"]), name="handoff_record_state"),
        ]

    def __str__(self) -> str:
        return f"{self.handoff_id} in {self.name}"


class Kept(models.Model):
    """Somebody keeps an incident beyond their watch: until when (on a desk that is paged), then they are asked again."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="kept")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)  # when that time had come

    class Meta:
        indexes = [models.Index(fields=["until"], name="kept_until", condition=Q(until__isnull=False, asked_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.person_id} keeps {self.incident_id}"


class ToldEnd(models.Model):
    """Who was told that incidents of theirs wait for a word at the end of a watch. Each once, whichever node does it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    ends_at = models.DateTimeField()
    what = models.CharField(max_length=8)  # hour | half | manager
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "ends_at", "what"], name="told_end_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.person_id}"
