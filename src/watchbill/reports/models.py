"""Programmes, the vulnerability reports of each, who may know of them, what was said, decided and promised. Contents are written by outsiders:
hostile text."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q, TextField
from django.db.models import Value as V
from django.db.models.functions import Cast, Concat, Lower

from watchbill.audit.models import append_only
from watchbill.incidents.models import Incident
from watchbill.mailbox.models import Thread
from watchbill.people.models import Person, Team
from watchbill.platforms.models import Remote
from watchbill.trackers.models import Link, Tracker

CLOSED = ["resolved", "invalid", "duplicate", "out_of_scope", "spam"]


class Program(models.Model):
    """Under whose rules reports are taken: its team, tiers, amounts and promises, as the configuration file says."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="programs")
    platform = models.CharField(max_length=200, blank=True, default="")  # the name of an entry of the file
    tracker = models.ForeignKey(Tracker, null=True, on_delete=models.PROTECT, related_name="programs")
    project = models.CharField(max_length=300, blank=True, default="")
    tiers = models.JSONField(default=list)  # [{name, means}]
    bounty = models.JSONField(null=True)  # {currency, amounts, approvals}
    disclosure = models.JSONField(default=dict)  # {default, answer_within}
    targets = models.JSONField(default=dict)  # {first_response, triage, bounty}: durations
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class ProgramVersion(models.Model):
    """The tiers and the table of a programme as they were from a moment on: what a rating or an amount was decided by."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.IntegerField()
    content = models.JSONField()  # {tiers, bounty}
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="program_version_once")]
        triggers = append_only("program_version")

    def __str__(self) -> str:
        return f"{self.program_id} version {self.number}"


class Reporter(models.Model):
    """Somebody outside who reports, as they call themselves: a mail address, or a name of a platform."""

    name = models.CharField(max_length=254)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="reporter_once")]

    def __str__(self) -> str:
        return self.name


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


class Member(models.Model):
    """Somebody who was named on a report: an expert, or whoever else must know. Rows are ended, never removed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="members", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300, blank=True, default="")
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="report_member_once")]

    def __str__(self) -> str:
        return f"{self.person_id} knows of {self.report_id}"


class Watcher(models.Model):
    """Somebody of the circle who hears of each step of a report."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="watchers", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="report_watcher_once")]

    def __str__(self) -> str:
        return f"{self.person_id} watches {self.report_id}"


class SavedView(models.Model):
    """How somebody narrows the board, under a name of their own. Nobody else sees it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="report_views", db_index=False)
    name = models.CharField(max_length=80)
    filters: Any = models.JSONField(default=dict)  # of the board, what is not empty
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="report_view_once")]

    def __str__(self) -> str:
        return self.name


class Look(models.Model):
    """Who looked at a report, how often, and when last: who saw an embargoed case is asked after a leak."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="looks", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="report_look_once")]

    def __str__(self) -> str:
        return f"{self.person_id} looked at {self.report_id}"


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
