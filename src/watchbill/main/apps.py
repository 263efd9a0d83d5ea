from django.apps import AppConfig

from watchbill.connectors import registry


class MainConfig(AppConfig):
    """Tells the lower layers which ways to reach a person work here."""

    name = "watchbill.main"
    label = "main"

    def ready(self) -> None:
        registry.declare()
