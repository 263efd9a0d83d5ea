from django.apps import AppConfig


class TrackersConfig(AppConfig):
    name = "watchbill.trackers"
    label = "trackers"
    default_auto_field = "django.db.models.BigAutoField"
