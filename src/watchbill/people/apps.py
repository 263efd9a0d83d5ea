from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "watchbill.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
