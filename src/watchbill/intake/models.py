"""What came in: keys, raw events, deduplicated alerts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from watchbill.incidents.models import Incident, Service, Severity


class IntegrationKey(models.Model):
    """The address of a service for its monitors. Only the hash is kept; it is shown once."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=16)  # one of intake.rules.KINDS
    name = models.CharField(max_length=120, blank=True, default="")
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # of a rotated key: works until then
    revoked_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    mapping = models.JSONField(null=True)  # where the fields stand in the monitor's JSON; null: found by their usual names
    follows = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="followed_by")  # the key that it replaces

    def __str__(self) -> str:
        return f"key ...{self.hint}"


class Event(models.Model):
    """One thing that came in, raw and replayable. Written by the front door before it answers."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        ASIDE = "aside"  # could not be taken in; counted and shown

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(IntegrationKey, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=16)  # events | change | alertmanager | ...: which parser reads `body`
    received_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)  # of one that waited in a journal: when it was heard; null: as received
    dedup_key = models.CharField(max_length=255, blank=True, default="")
    body = models.BinaryField()  # as it came
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    tries = models.SmallIntegerField(default=0)
    outcome = models.CharField(max_length=500, blank=True, default="")  # what it did, in words
    # The commit that wrote it, drawn by its writer: a writer that lost its connection looks here whether the commit happened.
    batch = models.BigIntegerField(null=True)
    retry_at = models.DateTimeField(null=True)  # after a failed try: not before then

    class Meta:
        indexes = [
            models.Index(fields=["service", "id"], name="event_pending", condition=Q(state="pending")),
            models.Index(fields=["id"], name="event_aside", condition=Q(state="aside")),
            models.Index(fields=["key", "-id"], name="event_key"),  # the log of a key
            models.Index(fields=["dedup_key"], name="event_request", condition=Q(kind="opsgenie")),  # what became of a request?
        ]
        constraints = [models.CheckConstraint(condition=Q(state__in=["pending", "done", "aside"]), name="event_state")]

    def __str__(self) -> str:
        return f"event {self.id}"


class Alert(models.Model):
    """A deduplicated condition. Its key is service + dedup key while it fires; a trigger after resolved is a new alert."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    dedup_key = models.CharField(max_length=255)
    state = models.CharField(max_length=8, default="firing")  # firing | resolved
    severity = models.CharField(max_length=8, choices=Severity)
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=1024, blank=True, default="")
    component = models.CharField(max_length=1024, blank=True, default="")
    group = models.CharField(max_length=1024, blank=True, default="")
    event_class = models.CharField(max_length=1024, blank=True, default="")
    details = models.JSONField(default=dict)
    links = models.JSONField(default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)  # by its source: a mark, no owner
    count = models.IntegerField(default=1)  # events

    class Meta:
        indexes = [
            models.Index(fields=["incident", "first_at"], name="alert_incident"),
            models.Index(fields=["incident"], name="alert_incident_firing", condition=Q(state="firing")),
            models.Index(fields=["service", "dedup_key", "-id"], name="alert_key"),  # what was it the last time?
        ]
        constraints = [
            models.UniqueConstraint(fields=["service", "dedup_key"], name="alert_firing_once", condition=Q(state="firing")),
            models.CheckConstraint(condition=Q(state__in=["firing", "resolved"]), name="alert_state"),
        ]

    def __str__(self) -> str:
        return f"alert {self.id}"
