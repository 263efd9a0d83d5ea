"""What was found about the criteria of a request, what was decided, and of which age somebody was told. Append-only."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only
from watchbill.people.models import Person
from watchbill.trackers.models import Issue


class Answer(models.Model):
    """One word on one criterion of an item, in the criterion's wording of that moment. The latest counts."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="answers", db_index=False)
    criterion = models.CharField(max_length=300)
    word = models.CharField(max_length=8)  # met, not_met, unclear
    note = models.CharField(max_length=2000, blank=True, default="")  # or a link: the evidence
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        app_label = "duties"
        indexes = [models.Index(fields=["issue", "id"], name="answer_of")]
        constraints = [models.CheckConstraint(condition=Q(word__in=["met", "not_met", "unclear"]), name="answer_word")]
        triggers = append_only("request_answer")

    def __str__(self) -> str:
        return f"{self.word} on {self.issue_id}"


class Decision(models.Model):
    """An item was accepted or declined, or its applicant was asked for more; with what was known of each criterion then."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    verdict = models.CharField(max_length=8)  # accept, decline, ask
    reason = models.CharField(max_length=2000, blank=True, default="")
    vouched = models.CharField(max_length=300, blank=True, default="")  # who vouches
    known: Any = models.JSONField(default=list)  # [[criterion, word], ..]
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        app_label = "duties"
        indexes = [models.Index(fields=["issue", "id"], name="decision_of")]
        constraints = [models.CheckConstraint(condition=Q(verdict__in=["accept", "decline", "ask"]), name="decision_verdict")]
        triggers = append_only("request_decision")

    def __str__(self) -> str:
        return f"{self.verdict} of {self.issue_id}"


class AgeTold(models.Model):
    """That somebody was told how long a request waits. Known by when the wait began."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="ages_told", db_index=False)
    since = models.DateTimeField()
    stage = models.CharField(max_length=6)  # soon, broken, team
    at = models.DateTimeField()

    class Meta:
        app_label = "duties"
        constraints = [
            models.UniqueConstraint(fields=["issue", "since", "stage"], name="age_told_once"),
            models.CheckConstraint(condition=Q(stage__in=["soon", "broken", "team"]), name="age_told_stage"),
        ]
        triggers = append_only("request_age_told")

    def __str__(self) -> str:
        return f"{self.issue_id}: {self.stage}"
