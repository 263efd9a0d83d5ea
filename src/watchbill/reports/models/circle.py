"""Who may know of a report, who hears of its steps, who looked, and how somebody sees the board."""

from __future__ import annotations

from typing import Any

from django.db import models

from watchbill.people.models import Person
from watchbill.reports.models.report import Report


class Member(models.Model):
    """Somebody who was named on a report: an expert, or whoever else must know. Rows are ended, never removed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="members", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300, blank=True, default="")
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="report_member_once")]

    def __str__(self) -> str:
        return f"{self.person_id} knows of {self.report_id}"


class Watcher(models.Model):
    """Somebody of the circle who hears of each step of a report."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="watchers", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="report_watcher_once")]

    def __str__(self) -> str:
        return f"{self.person_id} watches {self.report_id}"


class SavedView(models.Model):
    """How somebody narrows the board, under a name of their own. Nobody else sees it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="report_views", db_index=False)
    name = models.CharField(max_length=80)
    filters: Any = models.JSONField(default=dict)  # of the board, what is not empty
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="report_view_once")]

    def __str__(self) -> str:
        return self.name


class Look(models.Model):
    """Who looked at a report, how often, and when last: who saw an embargoed case is asked after a leak."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="looks", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="report_look_once")]

    def __str__(self) -> str:
        return f"{self.person_id} looked at {self.report_id}"
