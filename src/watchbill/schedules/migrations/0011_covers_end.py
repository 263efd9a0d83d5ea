from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0010_shadows_and_series"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="cover",
            name="cover_state",
        ),
        migrations.AlterField(
            model_name="cover",
            name="state",
            field=models.CharField(
                choices=[("open", "Open"), ("taken", "Taken"), ("withdrawn", "Withdrawn"), ("expired", "Expired"), ("ended", "Ended")],
                default="open",
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("override__isnull", False), ("state__in", ["taken", "ended"]), ("taker__isnull", False)),
                    models.Q(("override__isnull", True), ("state__in", ["open", "withdrawn", "expired"]), ("taker__isnull", True)),
                    _connector="OR",
                ),
                name="cover_state",
            ),
        ),
    ]
