import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0006_contact_codes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Drill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_id", models.BigIntegerField(null=True)),
                ("shift_start", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("answer_by", models.DateTimeField()),
                ("notifications", models.JSONField(default=list)),
                ("skipped", models.JSONField(default=list)),
                ("answers", models.JSONField(default=dict)),
                ("answered_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="drills", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "-created_at"], name="drill_person"),
                    models.Index(
                        condition=models.Q(("answered_at__isnull", True), ("schedule_id__isnull", False), ("told_at__isnull", True)),
                        fields=["answer_by"],
                        name="drill_untold",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("schedule_id__isnull", False)),
                        fields=("person", "schedule_id", "shift_start"),
                        name="drill_once",
                    )
                ],
            },
        ),
    ]
