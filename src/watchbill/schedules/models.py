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
    ending = models.DateField(null=True)  # no shift starts on this day of its zone, nor later
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
        SHADOW = "shadow"
        REVERSE_SHADOW = "reverse_shadow"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    layer_name = models.CharField(max_length=200, blank=True, default="")  # empty: the whole schedule
    kind = models.CharField(max_length=16, choices=Kind)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")  # B, or the one who is removed
    replaced = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # A of replace
    start = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True, default="")
    source = models.CharField(max_length=8, default="override")  # override | swap
    series = models.BigIntegerField(null=True)  # the first one of those that were made together, week after week
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["schedule", "end"], name="override_schedule_end")]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="override_forward"),
            models.CheckConstraint(
                condition=Q(kind__in=["take", "replace", "add", "remove", "shadow", "reverse_shadow"]), name="override_kind"
            ),
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


class Swap(models.Model):
    """Two shifts that change hands, both or neither. An offer changes nothing; accepted, each half is an override of its own."""

    class State(models.TextChoices):
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        UNDONE = "undone"

    asker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.OFFERED)
    # The shift that the asker gives, and the one that they take for it, as they were when it was offered.
    given_schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="+")
    given_start = models.DateTimeField()
    given_end = models.DateTimeField()
    given_layer = models.CharField(max_length=200, blank=True, default="")
    taken_schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="+")
    taken_start = models.DateTimeField()
    taken_end = models.DateTimeField()
    taken_layer = models.CharField(max_length=200, blank=True, default="")
    given_override = models.OneToOneField(Override, null=True, on_delete=models.PROTECT, related_name="+")
    taken_override = models.OneToOneField(Override, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    answer = models.CharField(max_length=500, blank=True, default="")  # why it was declined
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # the start of the earlier shift
    ended_at = models.DateTimeField(null=True)  # accepted, declined, withdrawn or expired
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)  # the other was
    escalated_at = models.DateTimeField(null=True)  # whoever offered heard that nobody answers

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="swap_open", condition=Q(state="offered")),
            models.Index(fields=["other", "state"], name="swap_other"),
            models.Index(fields=["asker", "state"], name="swap_asker"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["offered", "accepted", "declined", "withdrawn", "expired", "undone"]), name="swap_state"
            ),
            models.CheckConstraint(condition=~Q(asker=F("other")), name="swap_of_two"),
            models.CheckConstraint(  # both halves or neither
                condition=Q(state__in=["accepted", "undone"], given_override__isnull=False, taken_override__isnull=False)
                | Q(state__in=["offered", "declined", "withdrawn", "expired"], given_override__isnull=True, taken_override__isnull=True),
                name="swap_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"swap {self.id}"


class Cover(models.Model):
    """A watch for which somebody is wanted: everybody who could is asked, and the first who takes it has it."""

    class State(models.TextChoices):
        OPEN = "open"
        TAKEN = "taken"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        ENDED = "ended"  # somebody had taken it, and a change of the rotation or by hand took it back

    asker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="covers")
    layer_name = models.CharField(max_length=200, blank=True, default="")
    start = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True, default="")
    asked = models.JSONField(default=list)  # [person id, ..]: who could when it was opened
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)  # those who could were
    escalated_at = models.DateTimeField(null=True)  # the managers heard of it
    ended_at = models.DateTimeField(null=True)
    taker = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    override = models.OneToOneField(Override, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["end"], name="cover_open", condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="cover_forward"),
            models.CheckConstraint(
                condition=Q(state__in=["taken", "ended"], taker__isnull=False, override__isnull=False)
                | Q(state__in=["open", "withdrawn", "expired"], taker__isnull=True, override__isnull=True),
                name="cover_state",
            ),
            models.UniqueConstraint(fields=["asker", "schedule", "start", "layer_name"], name="cover_once", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"cover {self.id}"


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


class ToldWatch(models.Model):
    """What somebody was told about a watch of theirs, and that the team's channel was told of it. Each once, whichever node does it."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=8)  # soon | begun | ending | posted
    at = models.DateTimeField()  # the moment that it is about
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "person", "what", "at"], name="told_watch_once"),
            models.CheckConstraint(condition=Q(what__in=["soon", "begun", "ending", "posted"]), name="told_watch_what"),
        ]
        indexes = [models.Index(fields=["at"], name="told_watch_at")]

    def __str__(self) -> str:
        return f"{self.what} of {self.person_id} on {self.schedule_id}"
