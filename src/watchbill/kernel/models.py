"""Rows about the running installation itself."""

from __future__ import annotations

from django.db import models


class EngineInstance(models.Model):
    """One engine process. It holds the advisory lock of its id in its own session while it lives."""

    id = models.BigAutoField(primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    started_at = models.DateTimeField()
    last_tick_at = models.DateTimeField(null=True)  # end of the last good tick
    last_error = models.TextField(blank=True, default="")
    failures = models.IntegerField(default=0)  # steps of the loop that failed since it started
    stopped_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)  # last time the auditor proved that every due step had fired

    class Meta:
        indexes = [models.Index(fields=["last_tick_at"], name="engine_instance_tick")]

    def __str__(self) -> str:
        return f"engine {self.id} on {self.host}"
