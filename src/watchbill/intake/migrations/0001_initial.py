import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from watchbill.kernel.migrating import CreateTogether


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("incidents", "0001_initial"),
        ("people", "0001_initial"),
        ("people", "__first__"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Listening",
                    fields=[
                        ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("last_at", models.DateTimeField()),
                        ("since", models.DateTimeField()),
                        ("gap_from", models.DateTimeField(null=True)),
                        ("told_since", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="StoredAgain",
                    fields=[
                        ("batch", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("first", models.BigIntegerField(db_index=True)),
                        ("after", models.BigIntegerField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Heartbeat",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("every_seconds", models.BigIntegerField()),
                        ("grace_seconds", models.BigIntegerField(default=0)),
                        (
                            "severity",
                            models.CharField(
                                choices=[("critical", "Critical"), ("high", "High"), ("medium", "Medium"), ("low", "Low")],
                                default="high",
                                max_length=8,
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        ("fresh_from", models.DateTimeField()),
                        ("last_at", models.DateTimeField(null=True)),
                        ("late_at", models.DateTimeField(null=True)),
                        ("due_at", models.DateTimeField()),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="heartbeats", to="incidents.service"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("is_active", True)), fields=["due_at"], name="heartbeat_due"),
                            models.Index(condition=models.Q(("late_at__isnull", False)), fields=["id"], name="heartbeat_late"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IntegrationKey",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("kind", models.CharField(max_length=16)),
                        ("name", models.CharField(blank=True, default="", max_length=120)),
                        ("digest", models.BinaryField(max_length=32, unique=True)),
                        ("hint", models.CharField(max_length=8)),
                        ("created_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField(null=True)),
                        ("revoked_at", models.DateTimeField(null=True)),
                        ("last_event_at", models.DateTimeField(null=True)),
                        ("mapping", models.JSONField(null=True)),
                        (
                            "follows",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="followed_by",
                                to="intake.integrationkey",
                            ),
                        ),
                        (
                            "heartbeat",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="intake.heartbeat"
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="incidents.service"),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=16)),
                        ("received_at", models.DateTimeField()),
                        ("arrived_at", models.DateTimeField(null=True)),
                        ("dedup_key", models.CharField(blank=True, default="", max_length=255)),
                        ("body", models.BinaryField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("pending", "Pending"), ("done", "Done"), ("aside", "Aside"), ("left", "Left")],
                                default="pending",
                                max_length=8,
                            ),
                        ),
                        ("tries", models.SmallIntegerField(default=0)),
                        ("outcome", models.CharField(blank=True, default="", max_length=500)),
                        ("batch", models.BigIntegerField(null=True)),
                        ("retry_at", models.DateTimeField(null=True)),
                        (
                            "service",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="incidents.service",
                            ),
                        ),
                        (
                            "key",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="intake.integrationkey",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("state", "pending")), fields=["service", "id"], name="event_pending"),
                            models.Index(condition=models.Q(("state", "aside")), fields=["id"], name="event_aside"),
                            models.Index(condition=models.Q(("state", "left")), fields=["key", "-id"], name="event_left"),
                            models.Index(fields=["key", "-id"], name="event_key"),
                            models.Index(condition=models.Q(("kind", "opsgenie")), fields=["dedup_key"], name="event_request"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["pending", "done", "aside", "left"])), name="event_state"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Mailbox",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("imap_env", models.CharField(max_length=120)),
                        ("address", models.CharField(max_length=254)),
                        ("purposes", models.JSONField(default=list)),
                        ("senders", models.JSONField(default=list)),
                        ("folder", models.CharField(default="INBOX", max_length=200)),
                        ("move_to", models.CharField(blank=True, default="", max_length=200)),
                        ("authserv", models.CharField(blank=True, default="", max_length=254)),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                        ("uid_validity", models.BigIntegerField(default=0)),
                        ("last_uid", models.BigIntegerField(default=0)),
                        ("read_at", models.DateTimeField(null=True)),
                        ("failing_since", models.DateTimeField(null=True)),
                        ("failures", models.IntegerField(default=0)),
                        ("last_error", models.CharField(blank=True, default="", max_length=500)),
                        (
                            "service",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.service"
                            ),
                        ),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.team")),
                    ],
                ),
                migrations.CreateModel(
                    name="Mail",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("digest", models.BinaryField(max_length=32)),
                        ("message_id", models.BinaryField(max_length=32)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("alert", "Alert"),
                                    ("left", "Left"),
                                    ("unknown", "Unknown"),
                                    ("reply", "Reply"),
                                    ("refused", "Refused"),
                                    ("failed", "Failed"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, default="", max_length=300)),
                        ("dedup_key", models.CharField(blank=True, default="", max_length=255)),
                        ("read_at", models.DateTimeField()),
                        (
                            "event",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="intake.event",
                            ),
                        ),
                        (
                            "key",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="intake.integrationkey",
                            ),
                        ),
                        (
                            "mailbox",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="mails", to="intake.mailbox"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["key", "message_id"], name="mail_thread"),
                            models.Index(fields=["mailbox", "verdict"], name="mail_verdict"),
                        ],
                        "constraints": [models.UniqueConstraint(fields=("digest", "mailbox"), name="mail_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Maintenance",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "state",
                            models.CharField(
                                choices=[("coming", "Coming"), ("running", "Running"), ("over", "Over")], default="coming", max_length=8
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField(null=True)),
                        ("when", models.JSONField(default=dict)),
                        ("reason", models.CharField(max_length=500)),
                        ("zone", models.CharField(default="UTC", max_length=64)),
                        ("every_days", models.IntegerField(null=True)),
                        ("clock_begins", models.CharField(blank=True, default="", max_length=26)),
                        ("clock_ends", models.CharField(blank=True, default="", max_length=26)),
                        ("until", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="maintenances", to="incidents.service"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="maintenance_due"),
                            models.Index(
                                condition=models.Q(("state", "over"), _negated=True), fields=["service"], name="maintenance_service"
                            ),
                            models.Index(fields=["-ends_at"], name="maintenance_ended"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["coming", "running", "over"])), name="maintenance_state"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="maintenance_has_length"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("state", "over"), ("due_at__isnull", False), _connector="OR"),
                                name="maintenance_never_forgotten",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HeldBack",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("at", models.DateTimeField()),
                        (
                            "incident",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.incident"),
                        ),
                        (
                            "maintenance",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="held_back", to="intake.maintenance"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("maintenance", "incident"), name="held_back_once")],
                    },
                ),
                migrations.CreateModel(
                    name="RouteUse",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("mark", models.CharField(max_length=16)),
                        ("dropped", models.BooleanField()),
                        ("count", models.BigIntegerField(default=0)),
                        ("last_at", models.DateTimeField()),
                        (
                            "service",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="incidents.service"),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("service", "mark", "dropped"), name="route_use_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("dedup_key", models.CharField(max_length=255)),
                        ("state", models.CharField(default="firing", max_length=8)),
                        (
                            "severity",
                            models.CharField(
                                choices=[("critical", "Critical"), ("high", "High"), ("medium", "Medium"), ("low", "Low")], max_length=8
                            ),
                        ),
                        ("summary", models.CharField(max_length=1024)),
                        ("source", models.CharField(blank=True, default="", max_length=1024)),
                        ("component", models.CharField(blank=True, default="", max_length=1024)),
                        ("group", models.CharField(blank=True, default="", max_length=1024)),
                        ("event_class", models.CharField(blank=True, default="", max_length=1024)),
                        ("details", models.JSONField(default=dict)),
                        ("links", models.JSONField(default=list)),
                        ("first_at", models.DateTimeField()),
                        ("last_at", models.DateTimeField()),
                        ("resolved_at", models.DateTimeField(null=True)),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("count", models.IntegerField(default=1)),
                        (
                            "sources",
                            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None),
                        ),
                        (
                            "incident",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="incidents.incident"
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="incidents.service"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["incident", "first_at"], name="alert_incident"),
                            models.Index(condition=models.Q(("state", "firing")), fields=["incident"], name="alert_incident_firing"),
                            models.Index(fields=["service", "dedup_key", "-id"], name="alert_key"),
                            models.Index(
                                condition=models.Q(("state", "firing"), models.Q(("sources", []), _negated=True)),
                                fields=["dedup_key"],
                                name="alert_sent",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "firing")), fields=("service", "dedup_key"), name="alert_firing_once"
                            ),
                            models.CheckConstraint(condition=models.Q(("state__in", ["firing", "resolved"])), name="alert_state"),
                        ],
                    },
                ),
            ]
        ),
    ]
