"""Services that can page, incidents until they are solved, and who may see them."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When

from watchbill.audit.models import append_only
from watchbill.people.models import Person, Team


class Severity(models.TextChoices):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Service(models.Model):
    """A monitored thing that can page."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services")
    group_by = models.JSONField(default=list)  # fields of an alert
    group_for_seconds = models.IntegerField(default=3600)
    when_cleared = models.CharField(max_length=16, default="stop_paging")  # stop_paging | keep | resolve
    source_ack = models.CharField(max_length=8, default="mark")  # mark | stops
    urgency = models.JSONField(null=True)  # {severity: high|low}
    severity_map = models.JSONField(default=dict)  # their word -> ours
    restricted = models.BooleanField(default=False)
    storm = models.JSONField(null=True)  # {incidents, seconds}; null: the guard is off
    senders = models.JSONField(default=list, db_default=[])  # whose mails make alerts by its keys; empty: as the mailbox says
    routes = models.JSONField(default=list)  # [{when: {field: value or /pattern/}, to: {..}}], as the file says
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(when_cleared__in=["stop_paging", "keep", "resolve"]), name="service_when_cleared"),
            models.CheckConstraint(condition=Q(source_ack__in=["mark", "stops"]), name="service_source_ack"),
        ]

    def __str__(self) -> str:
        return self.name


class Incident(models.Model):
    """The work until it is solved. A restricted one has a number of its own kind and a code name."""

    class Status(models.TextChoices):
        TRIGGERED = "triggered"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"

    number = models.BigIntegerField(unique=True)
    title = models.CharField(max_length=1024)
    code_name = models.CharField(max_length=80, blank=True, default="")
    severity = models.CharField(max_length=8, choices=Severity)
    status = models.CharField(max_length=12, choices=Status, default=Status.TRIGGERED)
    service = models.ForeignKey(Service, null=True, on_delete=models.PROTECT, related_name="incidents")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="incidents")
    restricted = models.BooleanField(default=False)
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="owned")
    acting = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="acting_on")
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    group_key = models.CharField(max_length=64, blank=True, default="")  # digest of service + grouped fields; empty: takes no more alerts
    last_alert_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)  # every alert is resolved by its source
    cleared_unseen = models.BooleanField(default=False)  # cleared, and nobody looked
    storm = models.BooleanField(default=False)
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    word_at = models.DateTimeField(null=True)  # last human word
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # its work goes on there

    class Meta:
        indexes = [
            models.Index(fields=["-number"], name="incident_open", condition=~Q(status="resolved")),
            models.Index(fields=["service", "group_key"], name="incident_group", condition=~Q(status="resolved") & ~Q(group_key="")),
            models.Index(fields=["service", "-opened_at"], name="incident_service_opened"),
            models.Index(fields=["service"], name="incident_storm", condition=Q(storm=True) & ~Q(status="resolved")),
            models.Index(fields=["-opened_at"], name="incident_opened"),
            models.Index(fields=["word_at"], name="incident_silent", condition=Q(status="acknowledged")),
            # The words of a search; restricted ones are in no search, so they are not in its index.
            GinIndex(SearchVector("title", config="simple"), name="incident_words", condition=Q(restricted=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=["critical", "high", "medium", "low"]), name="incident_severity"),
            models.CheckConstraint(condition=Q(status__in=["triggered", "acknowledged", "resolved"]), name="incident_status"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class Access(models.Model):
    """Why a person may see a restricted incident. Paged: while that page is open; acknowledged or named: for good."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="access")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=16)  # paged | acknowledged | named
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="access_once")]

    def __str__(self) -> str:
        return f"{self.person_id} sees {self.incident_id}"


class Participant(models.Model):
    """Somebody engaged in an incident without owning it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="participant_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.incident_id}"


class TimelineEntry(models.Model):
    """What happened, in order. Append-only."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)  # opened, alert, step, skipped, acknowledged, owner, note, resolved, ...
    actor = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    via = models.CharField(max_length=40, blank=True, default="")
    text = models.TextField(blank=True, default="")  # one plain sentence, or the note itself
    data = models.JSONField(default=dict)
    page_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["incident", "id"], name="timeline_incident"),
            models.Index(fields=["actor", "at"], name="timeline_notes_of", condition=Q(kind="note")),  # what somebody did in a watch
        ]
        triggers = append_only("timeline")

    def __str__(self) -> str:
        return f"{self.kind} on {self.incident_id}"


# One number of an incident and a role: the built-in GiST classes know ranges and no text.
OF_ROLE = F("incident") * 2 + Case(When(role="owner", then=Value(0)), default=Value(1), output_field=models.BigIntegerField())


class Tenure(models.Model):
    """From when until when one person was accountable for an incident, or worked on it: the ledger.

    The database refuses to change a row but for closing one that is open, once, and two people of one role at the same time.
    """

    class Role(models.TextChoices):
        OWNER = "owner"
        ACTING = "acting"

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="tenures", db_index=False)
    role = models.CharField(max_length=8, choices=Role)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)  # null: still
    reason = models.CharField(max_length=40)  # acknowledged, assigned, hand-off, break, back from a break, owner silent, given back, ...
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # null: the desk itself

    class Meta:
        indexes = [
            models.Index(fields=["incident", "since"], name="tenure_incident"),
            models.Index(fields=["person"], name="tenure_open_person", condition=Q(until__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["owner", "acting"]), name="tenure_role"),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="tenure_forward"),
            models.UniqueConstraint(fields=["incident", "role"], name="tenure_one_open", condition=Q(until__isnull=True)),
            ExclusionConstraint(
                name="tenure_one_at_a_time",
                expressions=[
                    (Func(OF_ROLE, OF_ROLE, Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(F("since"), F("until"), function="tstzrange", output_field=DateTimeRangeField()), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers = [
            *append_only("tenure")[1:],
            pgtrigger.Protect(name="tenure_no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="tenure_closed_once",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                IF OLD.until IS NOT NULL OR NEW.until IS NULL OR (NEW.id, NEW.incident_id, NEW.role, NEW.person_id, NEW.since, NEW.reason, NEW.by_id)
                    IS DISTINCT FROM (OLD.id, OLD.incident_id, OLD.role, OLD.person_id, OLD.since, OLD.reason, OLD.by_id) THEN
                    RAISE EXCEPTION 'the ledger of ownership is append-only: an open row is closed once, and nothing else changes';
                END IF;
                RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role} of {self.incident_id}"


class Task(models.Model):
    """Something to do about an incident, by anybody. Whoever owns the incident still does."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="tasks")
    what = models.CharField(max_length=500)
    assignee = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="tasks")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    done_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)  # a follow-up: by which day
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_on"], name="task_due", condition=Q(done_at__isnull=True, due_on__isnull=False))]

    def __str__(self) -> str:
        return self.what


class Stakeholder(models.Model):
    """Somebody who must hear how an incident stands, and when they last did."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="stakeholders")
    name = models.CharField(max_length=200)  # of a person or a group, as the desk calls it
    every_minutes = models.IntegerField(null=True)  # how old their last update may be; null: no promise
    added_at = models.DateTimeField()
    updated_at = models.DateTimeField(null=True)  # their last update
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "name"], name="stakeholder_once", condition=Q(removed_at__isnull=True)),
            models.CheckConstraint(condition=Q(every_minutes__isnull=True) | Q(every_minutes__gt=0), name="stakeholder_every"),
        ]

    def __str__(self) -> str:
        return self.name


class StepAnswer(models.Model):
    """An answer in the flow of an incident: who gave it, when and why. The latest of a step counts; none is ever changed."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="step_answers", db_index=False)
    step = models.CharField(max_length=40)
    answer = models.CharField(max_length=12)  # yes | no | done | not_needed
    why = models.CharField(max_length=2000, blank=True, default="")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["incident", "id"], name="step_answer_incident")]
        constraints = [models.CheckConstraint(condition=Q(answer__in=["yes", "no", "done", "not_needed"]), name="step_answer")]
        triggers = append_only("step_answer")

    def __str__(self) -> str:
        return f"{self.step}: {self.answer}"
