from django.apps import AppConfig


class PagingConfig(AppConfig):
    name = "watchbill.paging"
    label = "paging"
    default_auto_field = "django.db.models.BigAutoField"
