import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_time_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="timeoff",
            name="event",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
        migrations.CreateModel(
            name="AwayCalendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.TextField()),
                ("host", models.CharField(max_length=253)),
                ("everything", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("understood_at", models.DateTimeField(null=True)),
                ("zone", models.CharField(blank=True, default="", max_length=64)),
                ("etag", models.CharField(blank=True, default="", max_length=200)),
                ("last_modified", models.CharField(blank=True, default="", max_length=200)),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
                ("left", models.IntegerField(default=0)),
                ("failures", models.IntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=500)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="away_calendars", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="timeoff",
            name="calendar",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="time_off", to="people.awaycalendar"
            ),
        ),
        migrations.AddConstraint(
            model_name="timeoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("event", ""), _negated=True), fields=("calendar", "event"), name="time_off_once"
            ),
        ),
        migrations.AddIndex(
            model_name="awaycalendar",
            index=models.Index(fields=["due_at"], name="away_calendar_due"),
        ),
    ]
