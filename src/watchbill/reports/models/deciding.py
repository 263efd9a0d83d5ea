"""Money, disclosure and promises: each step of them, once."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only
from watchbill.people.models import Person
from watchbill.reports.models.report import Report


class MoneyStep(models.Model):
    """One step of a bounty: proposed, approved, awarded, or not eligible. Append-only: the ledger."""

    class Kind(models.TextChoices):
        PROPOSED = "proposed"
        APPROVED = "approved"
        SENT = "sent"  # to the platform
        UNKNOWN = "unknown"  # no answer
        REFUSED = "refused"  # by the platform
        AWARDED = "awarded"
        INELIGIBLE = "ineligible"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="money", db_index=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # null: done on the platform
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    reason = models.CharField(max_length=2000, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["report", "id"], name="report_money_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["proposed", "approved", "sent", "unknown", "refused", "awarded", "ineligible"]),
                name="report_money_kind",
            ),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gt=0), name="report_money_amount"),
        ]
        triggers = append_only("report_money")

    def __str__(self) -> str:
        return f"{self.kind} for {self.report_id}"


class Disclosure(models.Model):
    """One request that a report becomes public: by whom, as what, until when it is answered, and what became of it. One is open at most, and
    a report is published once."""

    class Kind(models.TextChoices):
        FULL = "full"
        LIMITED = "limited"

    class Asker(models.TextChoices):
        TEAM = "team"
        REPORTER = "reporter"

    class End(models.TextChoices):
        OPEN = ""
        PUBLISHED = "published"
        CANCELLED = "cancelled"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="disclosures", db_index=False)
    asker = models.CharField(max_length=8, choices=Asker)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # who asked, or wrote it down
    kind = models.CharField(max_length=8, choices=Kind)
    summary = models.TextField(blank=True, default="")
    redactions: Any = models.JSONField(default=list)  # passages that nobody outside reads
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()  # by then it is answered
    agreed_at = models.DateTimeField(null=True)  # whoever was asked said yes
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End, blank=True, default="")
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(blank=True, default="")  # what was published, byte for byte

    class Meta:
        indexes = [models.Index(fields=["report", "id"], name="disclosure_of")]
        constraints = [
            models.UniqueConstraint(fields=["report"], name="disclosure_open_once", condition=Q(ended_at__isnull=True)),
            models.UniqueConstraint(fields=["report"], name="disclosure_published_once", condition=Q(end="published")),
            models.CheckConstraint(condition=Q(asker__in=["team", "reporter"]), name="disclosure_asker"),
            models.CheckConstraint(condition=Q(kind__in=["full", "limited"]), name="disclosure_kind"),
            models.CheckConstraint(
                condition=Q(end="", ended_at__isnull=True) | Q(end__in=["published", "cancelled"], ended_at__isnull=False),
                name="disclosure_ends",
            ),
            models.CheckConstraint(condition=Q(end="published") ^ Q(text=""), name="disclosure_published_text"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} disclosure of {self.report_id}"


class PromiseTold(models.Model):
    """That somebody was told of a promise: once before it breaks, and once when it broke. A promise is known by when it began."""

    class Stage(models.TextChoices):
        SOON = "soon"
        BROKEN = "broken"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="promises_told", db_index=False)
    promise = models.CharField(max_length=16)
    began_at = models.DateTimeField()
    stage = models.CharField(max_length=6, choices=Stage)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "promise", "began_at", "stage"], name="promise_told_once"),
            models.CheckConstraint(condition=Q(stage__in=["soon", "broken"]), name="promise_told_stage"),
        ]
        triggers = append_only("promise_told")

    def __str__(self) -> str:
        return f"{self.promise} of {self.report_id}: {self.stage}"
