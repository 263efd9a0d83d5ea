from django.apps import AppConfig


class MailboxConfig(AppConfig):
    name = "watchbill.mailbox"
    label = "mailbox"
    default_auto_field = "django.db.models.BigAutoField"
