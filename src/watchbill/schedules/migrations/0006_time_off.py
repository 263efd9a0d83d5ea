import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0005_covers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ToldClash",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shift_start", models.DateTimeField()),
                ("told_at", models.DateTimeField()),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("schedule", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schedules.schedule")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("schedule", "person", "shift_start"), name="told_clash_once")],
            },
        ),
    ]
