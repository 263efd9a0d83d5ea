"""What the configuration file last set, and its parts that are not active yet."""

from __future__ import annotations

from django.db import models


class Applied(models.Model):
    """One entry of the file as last applied: tells a later diff what a person changed here since."""

    kind = models.CharField(max_length=32)  # people, teams, schedules, policies, services, ...
    name = models.CharField(max_length=300)
    content = models.JSONField()  # the full form, defaults and all
    words = models.TextField(blank=True, default="")  # JSON: the entry as the file wrote it, its keys in order
    position = models.IntegerField(default=0)
    applied_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="applied_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
