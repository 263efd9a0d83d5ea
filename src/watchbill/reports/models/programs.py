"""Under whose rules reports are taken, and who reports."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from watchbill.audit.models import append_only
from watchbill.people.models import Team
from watchbill.trackers.models import Tracker


class Program(models.Model):
    """Under whose rules reports are taken: its team, tiers, amounts and promises, as the configuration file says."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="programs")
    platform = models.CharField(max_length=200, blank=True, default="")  # the name of an entry of the file
    tracker = models.ForeignKey(Tracker, null=True, on_delete=models.PROTECT, related_name="programs")
    project = models.CharField(max_length=300, blank=True, default="")
    tiers = models.JSONField(default=list)  # [{name, means}]
    bounty = models.JSONField(null=True)  # {currency, amounts, approvals}
    disclosure = models.JSONField(default=dict)  # {default, answer_within}
    targets = models.JSONField(default=dict)  # {first_response, triage, bounty}: durations
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class ProgramVersion(models.Model):
    """The tiers and the table of a programme as they were from a moment on: what a rating or an amount was decided by."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.IntegerField()
    content = models.JSONField()  # {tiers, bounty}
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="program_version_once")]
        triggers = append_only("program_version")

    def __str__(self) -> str:
        return f"{self.program_id} version {self.number}"


class Reporter(models.Model):
    """Somebody outside who reports, as they call themselves: a mail address, or a name of a platform."""

    name = models.CharField(max_length=254)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="reporter_once")]

    def __str__(self) -> str:
        return self.name
