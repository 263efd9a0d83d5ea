from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "watchbill.duties"
    label = "duties"
    default_auto_field = "django.db.models.BigAutoField"
