import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from watchbill.kernel.migrating import CreateTogether


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "__first__"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Schedule",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("timezone", models.CharField(max_length=64)),
                        ("combine", models.CharField(default="union", max_length=8)),
                        ("hours", models.CharField(default="any", max_length=8)),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                        ("revision", models.IntegerField(default=0)),
                        ("edited_at", models.DateTimeField(null=True)),
                        (
                            "team",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="schedules", to="people.team"),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("combine__in", ["union", "stack"])), name="schedule_combine"),
                            models.CheckConstraint(condition=models.Q(("hours__in", ["any", "business"])), name="schedule_hours"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Override",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("layer_name", models.CharField(blank=True, default="", max_length=200)),
                        (
                            "kind",
                            models.CharField(
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
                        ("start", models.DateTimeField()),
                        ("end", models.DateTimeField()),
                        ("reason", models.CharField(blank=True, default="", max_length=500)),
                        ("source", models.CharField(default="override", max_length=8)),
                        ("series", models.BigIntegerField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "replaced",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "schedule",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="overrides", to="schedules.schedule"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["schedule", "end"], name="override_schedule_end")],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("end__gt", models.F("start"))), name="override_forward"),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["take", "replace", "add", "remove", "shadow", "reverse_shadow"])),
                                name="override_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "replace"), ("replaced__isnull", False)),
                                    models.Q(models.Q(("kind", "replace"), _negated=True), ("replaced__isnull", True)),
                                    _connector="OR",
                                ),
                                name="override_replaced",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("withdrawn_at__isnull", True)),
                                expressions=[
                                    (
                                        models.Func(models.F("schedule"), models.F("schedule"), models.Value("[]"), function="int8range"),
                                        "&&",
                                    ),
                                    (models.Func(models.F("person"), models.F("person"), models.Value("[]"), function="int8range"), "&&"),
                                    (models.Func(models.F("start"), models.F("end"), models.Value("[)"), function="tstzrange"), "&&"),
                                ],
                                name="override_once_per_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Layer",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200)),
                        ("position", models.IntegerField(default=0)),
                        ("days", models.JSONField()),
                        ("start", models.TimeField()),
                        ("length", models.CharField(max_length=32)),
                        ("turn", models.CharField(max_length=32)),
                        ("starting", models.DateField()),
                        ("ending", models.DateField(null=True)),
                        ("order", models.JSONField()),
                        ("anchor", models.DateField()),
                        ("anchor_index", models.IntegerField(default=0)),
                        ("valid_from", models.DateTimeField(null=True)),
                        ("valid_until", models.DateTimeField(null=True)),
                        ("shadow", models.BooleanField(default=False)),
                        ("timezone", models.CharField(blank=True, default="", max_length=64)),
                        ("combine", models.CharField(blank=True, default="", max_length=8)),
                        (
                            "schedule",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="layers", to="schedules.schedule"),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["schedule", "position"], name="layer_schedule")],
                    },
                ),
                migrations.CreateModel(
                    name="Feed",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("digest", models.BinaryField(max_length=32, unique=True)),
                        ("hint", models.CharField(max_length=8)),
                        ("created_at", models.DateTimeField()),
                        ("read_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="feeds", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "schedule",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="feeds", to="schedules.schedule"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("person", "schedule"),
                                name="feed_once",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Cover",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("layer_name", models.CharField(blank=True, default="", max_length=200)),
                        ("start", models.DateTimeField()),
                        ("end", models.DateTimeField()),
                        ("reason", models.CharField(blank=True, default="", max_length=500)),
                        ("asked", models.JSONField(default=list)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("taken", "Taken"),
                                    ("withdrawn", "Withdrawn"),
                                    ("expired", "Expired"),
                                    ("ended", "Ended"),
                                ],
                                default="open",
                                max_length=9,
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("reminded_at", models.DateTimeField(null=True)),
                        ("escalated_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "asker",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "taker",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "override",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schedules.override"
                            ),
                        ),
                        (
                            "schedule",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="covers", to="schedules.schedule"),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(condition=models.Q(("state", "open")), fields=["end"], name="cover_open")],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("end__gt", models.F("start"))), name="cover_forward"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("override__isnull", False), ("state__in", ["taken", "ended"]), ("taker__isnull", False)),
                                    models.Q(
                                        ("override__isnull", True), ("state__in", ["open", "withdrawn", "expired"]), ("taker__isnull", True)
                                    ),
                                    _connector="OR",
                                ),
                                name="cover_state",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")),
                                fields=("asker", "schedule", "start", "layer_name"),
                                name="cover_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Swap",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("offered", "Offered"),
                                    ("accepted", "Accepted"),
                                    ("declined", "Declined"),
                                    ("withdrawn", "Withdrawn"),
                                    ("expired", "Expired"),
                                    ("undone", "Undone"),
                                ],
                                default="offered",
                                max_length=9,
                            ),
                        ),
                        ("given_start", models.DateTimeField()),
                        ("given_end", models.DateTimeField()),
                        ("given_layer", models.CharField(blank=True, default="", max_length=200)),
                        ("taken_start", models.DateTimeField()),
                        ("taken_end", models.DateTimeField()),
                        ("taken_layer", models.CharField(blank=True, default="", max_length=200)),
                        ("reason", models.CharField(blank=True, default="", max_length=500)),
                        ("answer", models.CharField(blank=True, default="", max_length=500)),
                        ("offered_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("undone_at", models.DateTimeField(null=True)),
                        ("reminded_at", models.DateTimeField(null=True)),
                        ("escalated_at", models.DateTimeField(null=True)),
                        (
                            "asker",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "given_override",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schedules.override"
                            ),
                        ),
                        (
                            "given_schedule",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schedules.schedule"),
                        ),
                        (
                            "other",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "taken_override",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schedules.override"
                            ),
                        ),
                        (
                            "taken_schedule",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schedules.schedule"),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("state", "offered")), fields=["expires_at"], name="swap_open"),
                            models.Index(fields=["other", "state"], name="swap_other"),
                            models.Index(fields=["asker", "state"], name="swap_asker"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["offered", "accepted", "declined", "withdrawn", "expired", "undone"])),
                                name="swap_state",
                            ),
                            models.CheckConstraint(condition=models.Q(("asker", models.F("other")), _negated=True), name="swap_of_two"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("given_override__isnull", False),
                                        ("state__in", ["accepted", "undone"]),
                                        ("taken_override__isnull", False),
                                    ),
                                    models.Q(
                                        ("given_override__isnull", True),
                                        ("state__in", ["offered", "declined", "withdrawn", "expired"]),
                                        ("taken_override__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="swap_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ToldClash",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("shift_start", models.DateTimeField()),
                        ("told_at", models.DateTimeField()),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "schedule",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schedules.schedule"),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("schedule", "person", "shift_start"), name="told_clash_once")],
                    },
                ),
                migrations.CreateModel(
                    name="ToldWatch",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("what", models.CharField(max_length=8)),
                        ("at", models.DateTimeField()),
                        ("told_at", models.DateTimeField()),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "schedule",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schedules.schedule"),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["at"], name="told_watch_at")],
                        "constraints": [
                            models.UniqueConstraint(fields=("schedule", "person", "what", "at"), name="told_watch_once"),
                            models.CheckConstraint(
                                condition=models.Q(("what__in", ["soon", "begun", "ending", "posted"])), name="told_watch_what"
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
