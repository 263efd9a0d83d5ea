"""Says at the start of every process what this installation can send by."""

from __future__ import annotations

from django.apps import AppConfig

from watchbill.connectors import registry


class EngineConfig(AppConfig):
    name = "watchbill.engine"
    label = "engine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        registry.declare()
