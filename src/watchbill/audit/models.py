"""Who did what, when, by which way. The database refuses to change or delete a row."""

from __future__ import annotations

import pgtrigger
from django.db import models


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE on a table of evidence."""
    return [
        pgtrigger.Protect(name=f"{name}_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name=f"{name}_no_truncate",
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            func="RAISE EXCEPTION 'this table is append-only';",
        ),
    ]


class Record(models.Model):
    """One act. The actor is named by id and text, so that the row outlives the account."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)  # a person, or null for the desk itself
    actor = models.CharField(max_length=200)  # handle or "engine", "operator"
    via = models.CharField(max_length=40)  # web, api, cli, mail link, engine, file, source
    action = models.CharField(max_length=60)  # "page.acknowledge"
    kind = models.CharField(max_length=40)  # kind of the object
    object_id = models.CharField(max_length=80)
    incident_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    restricted = models.BooleanField(default=False)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["incident_id", "id"], name="audit_incident", condition=models.Q(incident_id__isnull=False)),
        ]
        triggers = append_only("audit")

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.kind} {self.object_id}"


class Seal(models.Model):
    """A link of the hash chain over a batch of records, written by the sealer afterwards."""

    id = models.BigAutoField(primary_key=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    sealed_at = models.DateTimeField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        triggers = append_only("seal")

    def __str__(self) -> str:
        return f"seal {self.first_id}-{self.last_id}"
