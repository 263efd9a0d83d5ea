"""Bounty platforms of this installation, the reports that are mirrored from them with what was said there, and what is to be written there."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only


class Platform(models.Model):
    """A programme of a platform as the configuration file names it. Secrets stay in the environment; only the names of their variables are here."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=16)  # hackerone | github
    url = models.CharField(max_length=2000)  # of its API
    program = models.CharField(max_length=200)  # its handle there
    token_env = models.CharField(max_length=120)  # identifier:value
    webhook_env = models.CharField(max_length=120, blank=True, default="")
    triage_group = models.CharField(max_length=200, blank=True, default="")  # of the platform's own people
    writes = models.JSONField(default=list)  # what may be written; empty: it is only read
    variants: Any = models.JSONField(default=dict)  # {bounty: plain, disclosure: state}: of what is not documented surely, another form
    tier_field = models.CharField(max_length=200, blank=True, default="")  # the custom field there that holds the tier
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    known: Any = models.JSONField(
        default=dict
    )  # {groups: {name: id}, users: {name: id}, fields: {name: id}}, as it last told; {problem}: why not now
    aside: Any = models.JSONField(default=dict)  # {report: why}: shown in a way that nobody understood
    feed = models.CharField(max_length=64, blank=True, default="")  # its feed of activities was read so far
    cursor = models.DateTimeField(null=True)  # what changed before it is here; null: never read
    due_at = models.DateTimeField(null=True)  # when it is read next; null: at once
    read_at = models.DateTimeField(null=True)  # when it was last read to its end
    swept_at = models.DateTimeField(null=True)  # when all that is open here was last looked for there
    looked_at = models.DateTimeField(null=True)  # when an engine last asked whether it answers
    account = models.CharField(max_length=200, blank=True, default="")  # as whom it knows us
    error = models.CharField(max_length=500, blank=True, default="")  # why it does not answer, or was not read to its end
    tries = models.IntegerField(default=0)  # since it was last read to its end
    heard_at = models.DateTimeField(null=True)  # the last webhook that proved itself
    wait_until = models.DateTimeField(null=True)  # it asked to be left alone so long

    def __str__(self) -> str:
        return self.name


class Remote(models.Model):
    """A report as its platform last showed it. What is in it was written by others: hostile text."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="remotes", db_index=False)
    external_id = models.CharField(max_length=64)
    url = models.CharField(max_length=2000, blank=True, default="")
    title = models.CharField(max_length=1024)
    body = models.TextField(blank=True, default="")
    reporter = models.CharField(max_length=254, blank=True, default="")
    state = models.CharField(max_length=40)  # in the platform's own words
    is_open = models.BooleanField(default=True)
    severity = models.CharField(max_length=8, blank=True, default="")  # critical, high, medium, low; empty: none
    vector = models.CharField(max_length=300, blank=True, default="")
    tier = models.CharField(max_length=200, blank=True, default="")  # by its custom field
    weakness = models.CharField(max_length=200, blank=True, default="")
    asset = models.CharField(max_length=300, blank=True, default="")
    assignee_kind = models.CharField(max_length=8, blank=True, default="")  # user, group
    assignee = models.CharField(max_length=200, blank=True, default="")  # its name there
    reference = models.CharField(max_length=2000, blank=True, default="")  # of the tracking issue
    original_id = models.CharField(max_length=64, blank=True, default="")  # of which it is a duplicate
    cve_ids = ArrayField(models.CharField(max_length=40), default=list)
    bounties: Any = models.JSONField(default=list)  # [{id, amount, bonus, currency, at}], amounts as text
    files: Any = models.JSONField(default=list)  # [{id, name, size}] of what is attached there; fetched when somebody asks, never kept
    ineligible = models.BooleanField(default=False)  # for a bounty
    timers: Any = models.JSONField(default=dict)  # the platform's own promises: {name: {miss_at, elapsed}}; shown, never derived
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    triaged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    disclosed_at = models.DateTimeField(null=True)
    going_public_at = models.DateTimeField(null=True)  # when it becomes public without an answer, as the platform says
    first_answer_at = models.DateTimeField(null=True)  # the first activity of the programme
    active_at = models.DateTimeField()  # the last activity of anybody
    read_to = models.DateTimeField(null=True)  # its `active_at` when what was said was last read; null: never
    listen_at = models.DateTimeField(null=True)  # reading what was said failed: not again before
    seen_at = models.DateTimeField()  # when it was first mirrored
    gone_at = models.DateTimeField(null=True)  # not shown to us any more
    digest = models.BinaryField(max_length=32, default=b"")  # of all that is above, as it was last told to whom it concerns

    class Meta:
        indexes = [
            models.Index(fields=["platform", "-active_at"], name="remote_active"),
            models.Index(
                fields=["platform", "id"], name="remote_unheard", condition=Q(read_to__isnull=True) | Q(read_to__lt=models.F("active_at"))
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="remote_once"),
            models.CheckConstraint(condition=Q(severity__in=["", "critical", "high", "medium", "low"]), name="remote_severity"),
            models.CheckConstraint(condition=Q(assignee_kind__in=["", "user", "group"]), name="remote_assignee_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.platform_id} report {self.external_id}"


class Activity(models.Model):
    """Something that was said or done on a report there, as the platform told it once. Append-only."""

    remote = models.ForeignKey(Remote, on_delete=models.PROTECT, related_name="activities", db_index=False)
    external_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=80)  # activity-comment, activity-bug-triaged, ...
    at = models.DateTimeField()
    internal = models.BooleanField(default=False)  # the programme's team alone reads it
    author = models.CharField(max_length=200, blank=True, default="")
    by_reporter = models.BooleanField(default=False)
    by_us = models.BooleanField(default=False)  # by the account of our token
    message = models.TextField(blank=True, default="")
    data: Any = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["remote", "external_id"], name="activity_once")]
        indexes = [models.Index(fields=["remote", "at"], name="activity_of")]
        triggers = append_only("platform_activity")

    def __str__(self) -> str:
        return f"{self.kind} on {self.remote_id}"


class Write(models.Model):
    """Something to write on a report there. Those of one report go out one after the other. Whoever writes holds the lease.

    Money is sent once: after a try without an answer it is looked for, and never sent again before a person asks for that.
    """

    class Kind(models.TextChoices):
        COMMENT = "comment"  # {text, internal}
        STATE = "state"  # {state, text, original}
        SEVERITY = "severity"  # {severity, vector}
        TIER = "tier"  # {tier}
        ASSIGN = "assign"  # {to: "triage" | "us" | "nobody", name}
        REFERENCE = "reference"  # {reference}
        BOUNTY = "bounty"  # {amount, currency, text, known: ids of the bounties that stood there}
        INELIGIBLE = "ineligible"  # {}
        ASK_DISCLOSURE = "ask_disclosure"  # {kind, text}
        CANCEL_DISCLOSURE = "cancel_disclosure"  # {text}

    class End(models.TextChoices):
        WAITING = ""
        DONE = "done"
        REFUSED = "refused"  # the platform said no, or the switch was turned off
        UNKNOWN = "unknown"  # sent, without an answer, and not found there
        DROPPED = "dropped"  # somebody took it back before it went out

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    remote = models.ForeignKey(Remote, on_delete=models.PROTECT, related_name="writes", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    body: Any = models.JSONField(default=dict)
    person_id = models.BigIntegerField(null=True)  # who wants it
    end = models.CharField(max_length=8, choices=End, blank=True, default="")
    due_at = models.DateTimeField(null=True)  # null: nothing is due before somebody asks
    tries = models.IntegerField(default=0)
    doubt = models.BooleanField(default=False)  # a try has begun, and how it ended is not known: it is looked for before anything else
    looks = models.IntegerField(default=0)  # so often it was looked for since then, and was not there
    lease_instance = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")  # of the last try, when it failed
    remote_ref = models.CharField(max_length=64, blank=True, default="")  # what the platform calls what was made
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="platform_write_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["remote", "id"], name="platform_write_of"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["remote"], name="platform_bounty_once", condition=Q(kind="bounty", end__in=["", "unknown"])),
            models.CheckConstraint(condition=Q(end__in=["", "done", "refused", "unknown", "dropped"]), name="platform_write_end"),
            models.CheckConstraint(condition=Q(end="") | Q(due_at__isnull=True), name="platform_write_due_only_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.remote_id}"


class Delivery(models.Model):
    """A webhook that proved itself, as it came. A hint: what is true is asked of the platform."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    delivery = models.CharField(max_length=200)  # what the platform calls it, or a digest of the body
    event = models.CharField(max_length=100, blank=True, default="")
    body = models.BinaryField()
    external_id = models.CharField(max_length=64, blank=True, default="")  # of the report; empty: not told
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["platform", "id"], name="platform_delivery_waits", condition=Q(handled_at__isnull=True)),
            models.Index(fields=["received_at"], name="platform_delivery_at"),
        ]
        constraints = [models.UniqueConstraint(fields=["platform", "delivery"], name="platform_delivery_once")]

    def __str__(self) -> str:
        return self.delivery
