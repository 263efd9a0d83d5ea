from django.db import migrations, models

KINDS = ["take", "replace", "add", "remove", "shadow", "reverse_shadow"]


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0009_reminders"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="override", name="override_kind"),
        migrations.AlterField(
            model_name="override",
            name="kind",
            field=models.CharField(
                choices=[
                    ("take", "Take"),
                    ("replace", "Replace"),
                    ("add", "Add"),
                    ("remove", "Remove"),
                    ("shadow", "Shadow"),
                    ("reverse_shadow", "Reverse Shadow"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", KINDS)), name="override_kind"),
        ),
        migrations.AddField(model_name="override", name="series", field=models.BigIntegerField(null=True)),
    ]
