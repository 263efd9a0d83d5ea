"""A vulnerability report. Its contents are written by outsiders: hostile text."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, TextField
from django.db.models import Value as V
from django.db.models.functions import Cast, Concat, Lower

from watchbill.incidents.models import Incident
from watchbill.mailbox.models import Thread
from watchbill.people.models import Person, Team
from watchbill.platforms.models import Remote
from watchbill.reports.models.programs import Program, Reporter
from watchbill.trackers.models import Link

CLOSED = ["resolved", "invalid", "duplicate", "out_of_scope", "spam"]


class Report(models.Model):
    """A vulnerability report. Nobody learns of it but its circle: the responders of its team, or only whoever is named, and whoever is named."""

    class Source(models.TextChoices):
        HAND = "hand"
        FORM = "form"
        MAIL = "mail"
        HACKERONE = "hackerone"
        GITHUB = "github"

    class State(models.TextChoices):
        NEW = "new"
        ASSESSING = "assessing"
        WITH_PLATFORM = "with_platform_triage"
        AWAITING_REPORTER = "awaiting_reporter"
        CONSULTING = "consulting_experts"
        RATED = "rated"
        TRACKED = "tracked"
        TOLD = "reporter_updated"
        AWARDED = "awarded"
        TRIAGED = "triaged"
        RESOLVED = "resolved"
        INVALID = "invalid"
        DUPLICATE = "duplicate"
        OUT_OF_SCOPE = "out_of_scope"
        SPAM = "spam"

    class Circle(models.TextChoices):
        TEAM = "team"  # the responders of its team, and whoever is named
        NAMED = "named"  # only whoever is named

    class Bounty(models.TextChoices):
        NONE = "none"
        PROPOSED = "proposed"
        APPROVED = "approved"
        SENDING = "sending"  # to the platform
        UNKNOWN = "unknown"  # sent there without an answer: nobody knows yet whether it was awarded
        AWARDED = "awarded"
        INELIGIBLE = "ineligible"

    number = models.BigIntegerField(unique=True)  # drawn: nobody counts reports by it
    code_name = models.CharField(max_length=80)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="reports", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="reports", db_index=False)
    title = models.CharField(max_length=1024)
    body = models.TextField()
    source = models.CharField(max_length=10, choices=Source)
    external_id = models.CharField(max_length=200, blank=True, default="")  # what its source calls it
    external_url = models.CharField(max_length=2000, blank=True, default="")
    reporter = models.ForeignKey(Reporter, null=True, on_delete=models.PROTECT, related_name="reports")
    receipt = models.BinaryField(max_length=32, null=True, unique=True)  # digest of what its reporter holds
    accountable = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="accountable_for")
    circle = models.CharField(max_length=5, choices=Circle, default=Circle.TEAM)
    state = models.CharField(max_length=20, choices=State, default=State.NEW)
    valid = models.BooleanField(default=False)
    understood = models.BooleanField(default=False)
    severity = models.CharField(max_length=8, blank=True, default="")
    rank = models.SmallIntegerField(default=9)  # of the severity, critical is 0: for the order of lists
    vector = models.CharField(max_length=300, blank=True, default="")
    score = models.FloatField(null=True)
    tier = models.CharField(max_length=200, blank=True, default="")
    weakness = models.CharField(max_length=200, blank=True, default="")  # CWE-22
    asset = models.CharField(max_length=300, blank=True, default="")
    tracking_url = models.CharField(max_length=2000, blank=True, default="")  # of an issue that was there
    link = models.OneToOneField(Link, null=True, on_delete=models.PROTECT, related_name="report")  # of one that was asked for here
    thread = models.OneToOneField(Thread, null=True, on_delete=models.PROTECT, related_name="report")  # of a shared mailbox
    remote = models.OneToOneField(Remote, null=True, on_delete=models.PROTECT, related_name="report")  # of a platform
    incident = models.ForeignKey(Incident, null=True, on_delete=models.PROTECT, related_name="reports")
    embargo_on = models.DateField(null=True)  # about when the embargo ends, as the reporter was told
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")
    bounty = models.CharField(max_length=10, choices=Bounty, default=Bounty.NONE)
    amount = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    secret_because = models.CharField(max_length=2000, blank=True, default="")  # do not disclose, and why
    secret_review_on = models.DateField(null=True)
    secret_until = models.DateField(null=True)  # from that day on the mark is gone; null: until somebody takes it away
    secret_told_on = models.DateField(null=True)  # the review of which somebody was told
    announcement = models.CharField(max_length=2000, blank=True, default="")  # where the public reads of it
    received_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)  # the first word to the reporter
    told_at = models.DateTimeField(null=True)  # the last one
    triaged_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # the bounty: awarded, or not eligible
    closed_at = models.DateTimeField(null=True)
    disclosure_asked_at = models.DateTimeField(null=True)
    disclosed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # when the next promise breaks; null: nothing is promised now
    promise = models.CharField(max_length=16, blank=True, default="")  # which one
    look_at = models.DateTimeField(null=True)  # when its promises are counted anew, whatever anybody does; null: there are none
    fingerprint = models.BigIntegerField(default=0)
    words = models.GeneratedField(  # what is searched: bytes are compared, which is several times quicker than letters
        expression=Lower(Concat("title", V("\n"), "asset", V("\n"), "weakness", V("\n"), "code_name", V("\n"), "external_id")),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                F("due_at").asc(nulls_last=True), "rank", "received_at", "id", name="report_board", condition=~Q(state__in=CLOSED)
            ),
            models.Index(F("due_at").asc(nulls_last=True), "rank", "received_at", "id", name="report_board_all"),
            models.Index(
                F("due_at").asc(nulls_last=True),
                "rank",
                "received_at",
                "id",
                name="report_unpublished",
                condition=Q(state="resolved", secret_because="", disclosure_asked_at__isnull=True, disclosed_at__isnull=True),
            ),
            models.Index(fields=["team", "-received_at"], name="report_of_team"),
            models.Index(fields=["look_at"], name="report_look_at", condition=Q(look_at__isnull=False)),
            models.Index(fields=["secret_review_on"], name="report_secret", condition=~Q(secret_because="")),
            models.Index(Cast("id", TextField()), name="report_as_text"),  # records of the audit name it so
        ]
        constraints = [
            models.UniqueConstraint(fields=["program", "source", "external_id"], name="report_once", condition=~Q(external_id="")),
            models.CheckConstraint(condition=Q(source__in=["hand", "form", "mail", "hackerone", "github"]), name="report_source"),
            models.CheckConstraint(condition=Q(circle__in=["team", "named"]), name="report_circle"),
            models.CheckConstraint(condition=Q(severity__in=["", "critical", "high", "medium", "low"]), name="report_severity"),
            models.CheckConstraint(
                condition=Q(bounty__in=["none", "proposed", "approved", "sending", "unknown", "awarded", "ineligible"]),
                name="report_bounty_state",
            ),
            models.CheckConstraint(condition=Q(closed_at__isnull=False) ^ ~Q(state__in=CLOSED), name="report_closed_at"),
            models.CheckConstraint(
                condition=Q(secret_because="", secret_review_on__isnull=True) | (~Q(secret_because="") & Q(secret_review_on__isnull=False)),
                name="report_secret_is_reviewed",
            ),
        ]

    def __str__(self) -> str:
        return f"R-{self.number}"
