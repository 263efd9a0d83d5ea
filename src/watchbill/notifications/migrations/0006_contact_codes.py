import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_push"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField("contact", "own", models.BooleanField(default=False)),
        migrations.AddField("contact", "unproven_told_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="ContactCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("attempts", models.IntegerField(default=0)),
                ("notification_id", models.BigIntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "contact",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="codes", to="notifications.contact"),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person", "created_at"], name="contact_code_person")],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("ended_at", None)), fields=("contact",), name="contact_code_one_open")
                ],
            },
        ),
    ]
