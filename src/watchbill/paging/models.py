"""Policies, the copy that a page carries, the page and every firing of its steps."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only
from watchbill.incidents.models import Incident, Service
from watchbill.people.models import Person, Team
from watchbill.schedules.models import Schedule


class Policy(models.Model):
    """Ordered steps: whom to notify and how long to wait."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="policies")
    repeat = models.IntegerField(default=0)
    last_resort = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    steps = models.JSONField()  # [{"notify": [{"kind": "schedule", "id": 1, "name": ..}, ..], "wait": "15m"}, ..]; see paging.rules
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class ServicePolicy(models.Model):
    """Which policy a service uses."""

    service = models.OneToOneField(Service, primary_key=True, on_delete=models.CASCADE, related_name="uses")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="used_by")

    def __str__(self) -> str:
        return f"{self.service_id} uses {self.policy_id}"


class TeamPaging(models.Model):
    """What a team adds to its pages: whose schedule the managers stand on, and what counts as high impact."""

    team = models.OneToOneField(Team, primary_key=True, on_delete=models.CASCADE, related_name="paging")
    manager_schedule = models.ForeignKey(Schedule, null=True, on_delete=models.PROTECT, related_name="+")
    high_impact_severity = models.CharField(max_length=8, blank=True, default="")
    high_impact_notify = models.JSONField(default=list)  # targets, as in a step

    def __str__(self) -> str:
        return f"paging of {self.team_id}"


class PolicyCopy(models.Model):
    """The policy as it was when a page began, kept by content: pages that began with the same words share a row. Never changed."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    content = models.JSONField()  # {policy, name, team, repeat, steps, last_resort: [person ids, in order of preference]}

    class Meta:
        triggers = append_only("policy_copy")

    def __str__(self) -> str:
        return f"copy of {self.name}"


class Page(models.Model):
    """One demand on a human. `due_at` is the one time at which the engine must look at it again."""

    class Purpose(models.TextChoices):
        RESPOND = "respond"
        COORDINATE = "coordinate"
        HANDOFF = "handoff"
        CLOCK = "clock"
        DRILL = "drill"

    class Status(models.TextChoices):
        TRIGGERED = "triggered"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"
        EXHAUSTED = "exhausted"
        PAUSED = "paused"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="pages")
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.RESPOND)
    status = models.CharField(max_length=12, choices=Status, default=Status.TRIGGERED)
    urgency = models.CharField(max_length=4, default="high")
    copy = models.ForeignKey(PolicyCopy, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.SmallIntegerField(default=0)  # index of the step that fires next; the one before it is the one we are on
    round = models.SmallIntegerField(default=0)
    rest = models.JSONField(default=list)  # people of the step we are on, in daylight order, who are still to come
    held = models.JSONField(default=list)  # [[person id, time], ..]: their working hours begin then
    firings = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    wait_until = models.DateTimeField(null=True)  # the end of the wait, where somebody who is held is due earlier
    step_fired_at = models.DateTimeField(null=True)
    paused_status = models.CharField(max_length=12, blank=True, default="")  # what it goes back to
    paused_due_in_ms = models.BigIntegerField(null=True)  # how long the wait still had
    pause_reason = models.CharField(max_length=200, blank=True, default="")
    maintenance_at = models.DateTimeField(null=True)  # since when a maintenance of its service holds it back; null: none does
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    resolved_at = models.DateTimeField(null=True)
    exhausted_at = models.DateTimeField(null=True)
    word_at = models.DateTimeField(null=True)  # last human word since the acknowledgement
    pinged_at = models.DateTimeField(null=True)  # the owner was pinged after the ack timeout
    source_cleared = models.BooleanField(default=False)  # quiet once one person was reached
    quiet_at = models.DateTimeField(null=True)  # ... which was then: cleared, and nobody looked
    aimed_at = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # reassigned before acknowledgement
    tries = models.SmallIntegerField(default=0)  # failed looks of the engine
    set_aside_at = models.DateTimeField(null=True)  # poisoned: shown, never blocks the rest
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="page_due", condition=Q(due_at__isnull=False, set_aside_at__isnull=True)),
            models.Index(fields=["due_at"], name="page_due_first", condition=Q(due_at__isnull=False, set_aside_at__isnull=True, firings=0)),
            models.Index(fields=["set_aside_at"], name="page_set_aside", condition=Q(set_aside_at__isnull=False)),
            models.Index(fields=["incident"], name="page_incident_open", condition=~Q(status="resolved")),
            models.Index(
                fields=["acknowledged_by", "acknowledged_at"], name="page_answered_by", condition=Q(acknowledged_by__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], name="page_one_open_respond", condition=Q(purpose="respond") & ~Q(status="resolved")
            ),
            models.CheckConstraint(
                condition=Q(status__in=["triggered", "acknowledged", "resolved", "exhausted", "paused"]), name="page_status"
            ),
            models.CheckConstraint(condition=Q(purpose__in=["respond", "coordinate", "handoff", "clock", "drill"]), name="page_purpose"),
            models.CheckConstraint(
                condition=~Q(status__in=["triggered", "exhausted", "paused"]) | Q(due_at__isnull=False), name="page_never_forgotten"
            ),
            models.CheckConstraint(condition=~Q(status="resolved") | Q(due_at__isnull=True), name="page_resolved_is_silent"),
        ]

    def __str__(self) -> str:
        return f"page {self.id}"


class Firing(models.Model):
    """Evidence of one firing: when it was due, when it fired, who was asked. `n` makes it happen once."""

    id = models.BigAutoField(primary_key=True)
    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="fired", db_index=False)
    n = models.IntegerField()
    kind = models.CharField(max_length=12)  # step | daylight | held | last_resort | again | ping | manual | aimed | cleared
    step = models.SmallIntegerField()
    round = models.SmallIntegerField()
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()
    people = models.JSONField(default=list)  # ids, in order
    skipped = models.JSONField(default=list)  # [{"step": .., "name": .., "why": ..}]; of the steps that were passed over too
    next_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "n"], name="firing_once")]
        triggers = append_only("firing")

    def __str__(self) -> str:
        return f"firing {self.n} of page {self.page_id}"
