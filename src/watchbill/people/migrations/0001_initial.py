import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from watchbill.kernel.migrating import CreateTogether


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Person",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                        ("handle", models.CharField(max_length=64, unique=True)),
                        ("name", models.CharField(max_length=200)),
                        ("email", models.EmailField(max_length=254, unique=True)),
                        ("timezone", models.CharField(default="UTC", max_length=64)),
                        ("region", models.CharField(blank=True, default="", max_length=32)),
                        ("holidays", models.CharField(blank=True, default="", max_length=16)),
                        ("hours", models.JSONField(null=True)),
                        ("is_admin", models.BooleanField(default=False)),
                        ("is_active", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="person_email_once"),
                            models.CheckConstraint(
                                condition=models.Q(("handle__regex", "^[a-z0-9][a-z0-9._-]*$")), name="person_handle_form"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ApiToken",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(blank=True, default="", max_length=120)),
                        ("digest", models.BinaryField(max_length=32, unique=True)),
                        ("hint", models.CharField(max_length=8)),
                        ("scopes", models.JSONField(default=list)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("last_used_at", models.DateTimeField(null=True)),
                        ("revoked_at", models.DateTimeField(null=True)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
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
                    options={
                        "indexes": [models.Index(fields=["due_at"], name="away_calendar_due")],
                    },
                ),
                migrations.CreateModel(
                    name="DismissedEvent",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("event", models.CharField(max_length=32)),
                        ("whole", models.BooleanField(default=False)),
                        ("start", models.DateTimeField()),
                        ("end", models.DateTimeField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="dismissed", to="people.awaycalendar"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("calendar", "event"), name="dismissed_event_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Organization",
                    fields=[
                        ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("name", models.CharField(default="Watchbill", max_length=200)),
                        ("webhook_secret", models.CharField(default="", max_length=200)),
                        ("demo", models.BooleanField(default=False)),
                        (
                            "last_resort",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="organization_is_one")],
                    },
                ),
                migrations.CreateModel(
                    name="SignIn",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("session_key", models.CharField(max_length=40, unique=True)),
                        ("fingerprint", models.CharField(max_length=16)),
                        ("browser", models.CharField(max_length=80)),
                        ("address", models.CharField(blank=True, default="", max_length=45)),
                        ("at", models.DateTimeField()),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="sign_ins", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Team",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("desk", models.CharField(choices=[("paged", "Paged"), ("queue", "Queue")], max_length=8)),
                        (
                            "ownership",
                            models.CharField(choices=[("acker", "Acker"), ("on_call", "On Call"), ("assigned", "Assigned")], max_length=8),
                        ),
                        ("calendar", models.JSONField(null=True)),
                        ("critical_anyway", models.BooleanField(default=False)),
                        ("ack_timeout", models.CharField(blank=True, default="", max_length=32)),
                        ("assignee_moves", models.CharField(default="accept", max_length=8)),
                        ("issue", models.JSONField(null=True)),
                        ("channel", models.JSONField(null=True)),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "last_resort",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("desk__in", ["paged", "queue"])), name="team_desk"),
                            models.CheckConstraint(
                                condition=models.Q(("ownership__in", ["acker", "on_call", "assigned"])), name="team_ownership"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "role",
                            models.CharField(
                                choices=[("viewer", "Viewer"), ("responder", "Responder"), ("manager", "Manager"), ("admin", "Admin")],
                                default="responder",
                                max_length=12,
                            ),
                        ),
                        ("on_desk", models.BooleanField(default=True)),
                        ("position", models.IntegerField(default=0)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="people.team"),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("team", "person"), name="membership_once"),
                            models.CheckConstraint(
                                condition=models.Q(("role__in", ["viewer", "responder", "manager", "admin"])), name="membership_role"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TimeOff",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("event", models.CharField(blank=True, db_default="", default="", max_length=32)),
                        ("series", models.CharField(blank=True, db_default="", default="", max_length=32)),
                        ("start", models.DateTimeField()),
                        ("end", models.DateTimeField()),
                        ("reason", models.CharField(blank=True, default="", max_length=200)),
                        ("created_at", models.DateTimeField(null=True)),
                        (
                            "calendar",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="time_off", to="people.awaycalendar"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="time_off", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["person", "end"], name="time_off_person_end")],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("end__gt", models.F("start"))), name="time_off_forward"),
                            models.UniqueConstraint(
                                condition=models.Q(("event", ""), _negated=True), fields=("calendar", "event"), name="time_off_once"
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
