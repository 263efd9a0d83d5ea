"""What was said about a report, on whom it waits, how it was rated, and everything that was done, in order. Hostile text."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only
from watchbill.people.models import Person, Team
from watchbill.reports.models.programs import ProgramVersion
from watchbill.reports.models.report import Report


class Wait(models.Model):
    """While somebody else has the word: triage stands still."""

    class For(models.TextChoices):
        REPORTER = "reporter"
        PLATFORM = "platform"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="waits", db_index=False)
    whom = models.CharField(max_length=8, choices=For)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["report", "began_at"], name="report_wait_of")]
        constraints = [
            models.CheckConstraint(condition=Q(whom__in=["reporter", "platform"]), name="report_wait_for"),
            models.UniqueConstraint(fields=["report"], name="report_waits_once", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} waits for {self.whom}"


class Rating(models.Model):
    """One severity that was set, by what and why. The latest counts; none is ever changed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    vector = models.CharField(max_length=300, blank=True, default="")
    score = models.FloatField(null=True)
    severity = models.CharField(max_length=8)
    tier = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=2000, blank=True, default="")
    version = models.ForeignKey(ProgramVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["report", "id"], name="report_rating_of")]
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=["critical", "high", "medium", "low"]), name="report_rating_severity")
        ]
        triggers = append_only("report_rating")

    def __str__(self) -> str:
        return f"{self.report_id} is {self.severity}"


class Message(models.Model):
    """Something that was said, and who may read it. `author` null: its reporter, or whom `outside` names. Append-only."""

    class Audience(models.TextChoices):
        TEAM = "team"
        PLATFORM = "platform"
        ALL = "all"

    class Way(models.TextChoices):
        HERE = "here"  # for our team alone
        RECEIPT = "receipt"  # on the page of the receipt
        MAIL = "mail"  # as a mail of the team
        PLATFORM = "platform"  # as a comment on the platform
        BY_HAND = "by hand"  # whoever wrote it says that they sent it

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="messages", db_index=False)
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    audience = models.CharField(max_length=8, choices=Audience)
    way = models.CharField(max_length=8, choices=Way)
    outside = models.CharField(max_length=200, blank=True, default="")  # somebody of the platform, or who wrote there for the programme
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["report", "id"], name="report_message_of")]
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=["team", "platform", "all"]), name="report_message_audience"),
            models.CheckConstraint(condition=Q(way__in=["here", "receipt", "mail", "platform", "by hand"]), name="report_message_way"),
        ]
        triggers = append_only("report_message")

    def __str__(self) -> str:
        return f"{self.report_id} for {self.audience}"


class Entry(models.Model):
    """A line of the story of a report. Append-only."""

    id = models.BigAutoField(primary_key=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="story", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    via = models.CharField(max_length=40, blank=True, default="")
    text = models.TextField()
    data: Any = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["report", "id"], name="report_story")]
        triggers = append_only("report_entry")

    def __str__(self) -> str:
        return f"{self.kind} on {self.report_id}"


class CannedText(models.Model):
    """An answer that a team gives often, with variables in braces."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="canned_texts")
    name = models.CharField(max_length=200)
    text = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="canned_text_once", condition=Q(removed_at__isnull=True))]

    def __str__(self) -> str:
        return self.name


class Knock(models.Model):
    """That somebody sent the public form: who sends too often is asked to wait. The address is kept as a keyed digest, for a day."""

    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["digest", "at"], name="knock_of"), models.Index(fields=["at"], name="knock_at")]

    def __str__(self) -> str:
        return f"knock at {self.at:%Y-%m-%d %H:%M}"
