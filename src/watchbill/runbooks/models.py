"""Runbooks, every version of each, and at which alerts each is shown."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only
from watchbill.people.models import Person, Team


class Runbook(models.Model):
    """What to do, as it reads now. `version` is the number of the latest one: who edits says which they saw."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="runbooks")
    title = models.CharField(max_length=200, unique=True)
    text = models.TextField()
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """One wording of it. Append-only."""

    id = models.BigAutoField(primary_key=True)
    runbook = models.ForeignKey(Runbook, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.IntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField()
    why = models.CharField(max_length=500, blank=True, default="")
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["runbook", "number"], name="runbook_version_once")]
        triggers = append_only("runbook_version")

    def __str__(self) -> str:
        return f"version {self.number} of {self.runbook_id}"


class Place(models.Model):
    """At which alerts it is shown: of a service, of those that fit, or of those of the service that fit."""

    runbook = models.ForeignKey(Runbook, on_delete=models.CASCADE, related_name="places")
    service_id = models.BigIntegerField(null=True)  # None: every service of its team
    when = models.JSONField(default=dict)  # {field: value or /pattern/}; empty: every alert of the service

    class Meta:
        indexes = [models.Index(fields=["service_id"], name="runbook_place_service")]
        constraints = [models.CheckConstraint(condition=Q(service_id__isnull=False) | ~Q(when={}), name="runbook_place_somewhere")]

    def __str__(self) -> str:
        return f"{self.runbook_id} at {self.service_id}"
