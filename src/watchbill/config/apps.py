from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "watchbill.config"
    label = "config"
    default_auto_field = "django.db.models.BigAutoField"
