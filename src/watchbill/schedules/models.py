"""Schedules as they are stored. Who is on call is computed by `rules`, never stored."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from watchbill.people.models import Person, Team


class Schedule(models.Model):
    """A named answer to: who has the watch?"""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules")
    timezone = models.CharField(max_length=64)
    combine = models.CharField(max_length=8, default="union")
    hours = models.CharField(max_length=8, default="any")  # any | business: when the person may be notified
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    revision = models.IntegerField(default=0)  # edits of its layers: calendars see by it that a shift is newer than the one they have
    edited_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(combine__in=["union", "stack"]), name="schedule_combine"),
            models.CheckConstraint(condition=Q(hours__in=["any", "business"]), name="schedule_hours"),
        ]

    def __str__(self) -> str:
        return self.name


class Layer(models.Model):
    """One version of a layer. A shift belongs to the version that is valid when it starts; an edit adds a row, so the past stays."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=200)
    position = models.IntegerField(default=0)
    days = models.JSONField()  # ["mon", ..]
    start = models.TimeField()  # clock time of the schedule's zone
    length = models.CharField(max_length=32)  # duration, clock time
    turn = models.CharField(max_length=32)  # "1w", "1 shift", "1 month"
    starting = models.DateField()
    order = models.JSONField()  # [[person id, ..], ..]: several at once are one entry
    anchor = models.DateField()  # the turn count is 0 here ...
    anchor_index = models.IntegerField(default=0)  # ... and this entry of `order` has it
    valid_from = models.DateTimeField(null=True)  # null: from `starting`, the past included
    valid_until = models.DateTimeField(null=True)
    shadow = models.BooleanField(default=False)
    # Of the schedule when this version was made, so that an edit of the schedule leaves the past as it was. Empty: the schedule's own.
    timezone = models.CharField(max_length=64, blank=True, default="")
    combine = models.CharField(max_length=8, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["schedule", "position"], name="layer_schedule")]

    def __str__(self) -> str:
        return f"{self.schedule_id}/{self.name}"


class Override(models.Model):
    """A change by hand. Later ones win over earlier ones inside their window; never deleted, only withdrawn."""

    class Kind(models.TextChoices):
        TAKE = "take"
        REPLACE = "replace"
        ADD = "add"
        REMOVE = "remove"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    layer_name = models.CharField(max_length=200, blank=True, default="")  # empty: the whole schedule
    kind = models.CharField(max_length=8, choices=Kind)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")  # B, or the one who is removed
    replaced = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # A of replace
    start = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True, default="")
    source = models.CharField(max_length=8, default="override")  # override | swap
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["schedule", "end"], name="override_schedule_end")]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="override_forward"),
            models.CheckConstraint(condition=Q(kind__in=["take", "replace", "add", "remove"]), name="override_kind"),
            models.CheckConstraint(
                condition=Q(kind="replace", replaced__isnull=False) | ~Q(kind="replace") & Q(replaced__isnull=True),
                name="override_replaced",
            ),
            ExclusionConstraint(
                name="override_once_per_person",
                index_type="GIST",
                expressions=[
                    (Func(F("schedule"), F("schedule"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(F("person"), F("person"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(F("start"), F("end"), Value("[)"), function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.schedule_id}"


class Feed(models.Model):
    """A calendar that its owner subscribed: their own shifts, or a whole schedule. Only the hash of its address is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="feeds")
    schedule = models.ForeignKey(Schedule, null=True, on_delete=models.CASCADE, related_name="feeds")  # null: their own, on all schedules
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "schedule"], name="feed_once", condition=Q(ended_at__isnull=True), nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"calendar ...{self.hint}"


class ToldClash(models.Model):
    """A watch that meets time off and that the team's managers were told of: they hear of each once."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    shift_start = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "person", "shift_start"], name="told_clash_once")]

    def __str__(self) -> str:
        return f"clash of {self.person_id} on {self.schedule_id}"
