"""Queues of items that wait for somebody, who took which, who went through them; duties and the proof of them; when silence is too long."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only
from watchbill.duties.learnings import models as learnings  # noqa: F401  Django looks for tables here
from watchbill.duties.requests import models as requests  # noqa: F401
from watchbill.people.models import Person, Team
from watchbill.schedules.models import Schedule
from watchbill.trackers.models import Issue, Tracker


class Queue(models.Model):
    """Which issues or change requests wait for a team. `other`: a queue of something else than a tracker, as the file says."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="queues")
    tracker = models.ForeignKey(Tracker, null=True, on_delete=models.PROTECT, related_name="queues")
    projects = models.JSONField(default=list)
    labels = models.JSONField(default=list)  # all of them
    authors = models.JSONField(default=list)  # any of them; empty: anybody
    state = models.CharField(max_length=6, default="open")  # open | closed | all
    changes = models.BooleanField(default=False)  # change requests, in the place of issues
    other = models.JSONField(null=True)
    criteria = models.JSONField(null=True)  # by which its items are decided: the name of a set, or sentences; null: by none
    alarm = models.CharField(max_length=32, blank=True, default="")  # a duration: who applied waits no longer; empty: as long as it takes
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
    """Somebody goes through a queue: which items were there when they began. What comes later is new. It counts once it is proved: `Proof`.

    `issues`: ids of issues; of a queue of something else, of incidents, reports or threads.
    """

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="passes", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    issues = ArrayField(models.BigIntegerField(), default=list)
    note = models.CharField(max_length=2000, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["queue", "-at"], name="pass_latest")]
        triggers = append_only("pass")

    def __str__(self) -> str:
        return f"{self.queue_id} at {self.at:%Y-%m-%d %H:%M}"


class Stamp(models.Model):
    """Somebody looked at one item of a pass."""

    of = models.ForeignKey(Pass, on_delete=models.PROTECT, related_name="stamps", db_index=False)
    item = models.BigIntegerField()  # as in Pass.issues
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "item"], name="stamp_once")]
        triggers = append_only("stamp")

    def __str__(self) -> str:
        return f"{self.item} in {self.of_id}"


class Duty(models.Model):
    """A standing responsibility of whoever has the watch of a schedule."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="duties")
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="duties", db_index=False)
    every = models.CharField(max_length=12)
    times = models.IntegerField(default=1)
    due = models.CharField(max_length=32, blank=True, default="")  # a duration; empty: until its end
    queue = models.ForeignKey(Queue, null=True, on_delete=models.PROTECT, related_name="duties")
    since = models.DateTimeField()  # what was due before was never asked for
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(every__in=["shift", "day", "business day", "week", "month"]), name="duty_every"),
            models.CheckConstraint(condition=Q(times__gte=1), name="duty_times"),
        ]

    def __str__(self) -> str:
        return self.name


class Asked(models.Model):
    """One time that a duty is asked for: from when, until when in time, until when at all, of whom, and what became of it.

    Times and `part` never change. `people`: everybody who has the watch, as long as it is open; then those who had it for most of its time.
    `person`: the first of them.
    """

    class State(models.TextChoices):
        OPEN = "open"
        MET = "met"
        LATE = "late"
        UNMET = "unmet"
        VOID = "void"  # the duty ended before

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="asked", db_index=False)
    group_start = models.DateTimeField()  # of the shift, the day, the week that it is asked for
    group_end = models.DateTimeField()
    start = models.DateTimeField()
    due = models.DateTimeField()
    remind_at = models.DateTimeField()
    part = models.IntegerField(default=1)
    parts = models.IntegerField(default=1)
    layer = models.CharField(max_length=200, blank=True, default="")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="asked", db_index=False)
    people = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    state = models.CharField(max_length=5, choices=State, default=State.OPEN)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reminded = ArrayField(models.BigIntegerField(), default=list)  # people who were told that it is due
    settled_at = models.DateTimeField(null=True)  # nothing about it changes any more

    class Meta:
        indexes = [
            GinIndex(fields=["people"], name="asked_of_people", condition=Q(settled_at__isnull=True)),
            models.Index(fields=["duty", "-start"], name="asked_latest"),
            models.Index(fields=["-due"], name="asked_ledger"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["duty", "start"], name="asked_once"),
            models.CheckConstraint(condition=Q(state__in=["open", "met", "late", "unmet", "void"]), name="asked_state"),
            models.CheckConstraint(condition=~Q(state__in=["met", "late"]) | Q(done_at__isnull=False), name="asked_done_at"),
            models.CheckConstraint(condition=Q(start__lt=models.F("due")), name="asked_has_time"),
        ]

    def __str__(self) -> str:
        return f"{self.duty_id} from {self.start:%Y-%m-%d %H:%M}"


class Proof(models.Model):
    """That something was done: a pass through a queue, a note, or the word that there was nothing to do."""

    class Kind(models.TextChoices):
        PASS = "pass"  # noqa: S105
        NOTE = "note"
        NOTHING = "nothing"

    kind = models.CharField(max_length=7, choices=Kind)
    queue = models.ForeignKey(Queue, null=True, on_delete=models.PROTECT, related_name="proofs", db_index=False)
    duty = models.ForeignKey(Duty, null=True, on_delete=models.PROTECT, related_name="proofs", db_index=False)
    of = models.OneToOneField(Pass, null=True, on_delete=models.PROTECT, related_name="proof")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    text = models.CharField(max_length=2000, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["queue", "-at"], name="proof_of_queue", condition=Q(queue__isnull=False)),
            models.Index(fields=["duty", "-at"], name="proof_of_duty", condition=Q(duty__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["pass", "note", "nothing"]), name="proof_kind"),
            models.CheckConstraint(condition=Q(queue__isnull=False) ^ Q(duty__isnull=False), name="proof_of_one"),
            models.CheckConstraint(condition=~Q(kind="pass") ^ Q(of__isnull=False), name="proof_has_its_pass"),
            models.CheckConstraint(condition=~Q(kind="note") | ~Q(text=""), name="proof_note_has_text"),
        ]
        triggers = append_only("proof")

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


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
