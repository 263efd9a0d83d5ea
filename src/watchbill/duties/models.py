"""Queues of items that wait for somebody, who took which, who went through them; when silence is too long, and whom that was said to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from watchbill.duties.learnings import models as learnings  # noqa: F401  Django looks for tables here
from watchbill.people.models import Person, Team
from watchbill.trackers.models import Issue, Tracker


class Queue(models.Model):
    """Which issues or change requests wait for a team. `other`: a queue of something else than a tracker, as the file says; not active yet."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="queues")
    tracker = models.ForeignKey(Tracker, null=True, on_delete=models.PROTECT, related_name="queues")
    projects = models.JSONField(default=list)
    labels = models.JSONField(default=list)  # all of them
    authors = models.JSONField(default=list)  # any of them; empty: anybody
    state = models.CharField(max_length=6, default="open")  # open | closed | all
    changes = models.BooleanField(default=False)  # change requests, in the place of issues
    other = models.JSONField(null=True)
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=["open", "closed", "all"]), name="queue_state")]

    def __str__(self) -> str:
        return self.name


class Taking(models.Model):
    """Somebody took an item: theirs until it is done, whatever becomes of their shift. Given back only with a reason."""

    class End(models.TextChoices):
        DONE = "done"
        GIVEN_BACK = "given_back"
        PROMOTED = "promoted"

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="takings", db_index=False)
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="takings", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="takings")
    taken_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End, blank=True, default="")
    reason = models.CharField(max_length=2000, blank=True, default="")
    incident_id = models.BigIntegerField(null=True)  # that it became

    class Meta:
        indexes = [models.Index(fields=["queue", "-ended_at"], name="taking_ended")]
        constraints = [
            models.UniqueConstraint(fields=["issue"], name="taking_one", condition=Q(ended_at__isnull=True)),
            models.CheckConstraint(condition=Q(ended_at__isnull=True) ^ ~Q(end=""), name="taking_has_an_end"),
            models.CheckConstraint(condition=Q(end__in=["", "done", "given_back", "promoted"]), name="taking_end"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} has {self.issue_id}"


class Pass(models.Model):
    """Somebody went through a queue: which items were there then. What comes later is new."""

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="passes", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    issues = ArrayField(models.BigIntegerField(), default=list)
    note = models.CharField(max_length=2000, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["queue", "-at"], name="pass_latest")]

    def __str__(self) -> str:
        return f"{self.queue_id} at {self.at:%Y-%m-%d %H:%M}"


class Stale(models.Model):
    """Of a team and a severity: nobody wrote for so long is too long."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="stale")
    severity = models.CharField(max_length=8)
    after = models.CharField(max_length=32)  # a duration
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "severity"], name="stale_once")]

    def __str__(self) -> str:
        return f"{self.severity} after {self.after}"


class Quiet(models.Model):
    """Something that may be silent: an issue, or an incident. When somebody was last pinged about it, and until when nobody is."""

    issue = models.OneToOneField(Issue, null=True, on_delete=models.CASCADE, related_name="quiet")
    incident_id = models.BigIntegerField(null=True, unique=True)
    silent_since = models.DateTimeField(null=True)  # the last word that the pings are about
    pinged_at = models.DateTimeField(null=True)
    rung = models.IntegerField(default=0)  # who was asked last: 1 owner, 2 on-call, 3 team
    snoozed_until = models.DateTimeField(null=True)
    snoozed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=2000, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(issue__isnull=False) ^ Q(incident_id__isnull=False), name="quiet_about_one_thing")
        ]

    def __str__(self) -> str:
        return f"issue {self.issue_id}" if self.issue_id else f"incident {self.incident_id}"


class Digest(models.Model):
    """When a person last got a digest: not more than one in a working day."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} at {self.at:%Y-%m-%d %H:%M}"
