from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0001_initial"),
        ("people", "0001_initial"),
        ("reports", "0002_disclosure"),
        ("trackers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                models.OrderBy(models.F("due_at"), nulls_last=True),
                models.F("rank"),
                models.F("received_at"),
                models.F("id"),
                name="report_board_all",
            ),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                models.OrderBy(models.F("due_at"), nulls_last=True),
                models.F("rank"),
                models.F("received_at"),
                models.F("id"),
                condition=models.Q(
                    ("disclosed_at__isnull", True), ("disclosure_asked_at__isnull", True), ("secret_because", ""), ("state", "resolved")
                ),
                name="report_unpublished",
            ),
        ),
    ]
