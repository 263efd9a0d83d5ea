import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from watchbill.kernel.migrating import CreateTogether


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("incidents", "0001_initial"),
        ("people", "0001_initial"),
        ("people", "__first__"),
        ("schedules", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="PolicyCopy",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("name", models.CharField(max_length=200)),
                        ("content", models.JSONField()),
                    ],
                ),
                migrations.CreateModel(
                    name="ServicePolicy",
                    fields=[
                        (
                            "service",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="uses",
                                serialize=False,
                                to="incidents.service",
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="used_by", to="paging.policy"),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="TeamPaging",
                    fields=[
                        (
                            "team",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="paging",
                                serialize=False,
                                to="people.team",
                            ),
                        ),
                        ("high_impact_severity", models.CharField(blank=True, default="", max_length=8)),
                        ("high_impact_notify", models.JSONField(default=list)),
                        (
                            "manager_schedule",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schedules.schedule"
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Page",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("respond", "Respond"),
                                    ("coordinate", "Coordinate"),
                                    ("handoff", "Handoff"),
                                    ("clock", "Clock"),
                                    ("drill", "Drill"),
                                ],
                                default="respond",
                                max_length=12,
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("triggered", "Triggered"),
                                    ("acknowledged", "Acknowledged"),
                                    ("resolved", "Resolved"),
                                    ("exhausted", "Exhausted"),
                                    ("paused", "Paused"),
                                ],
                                default="triggered",
                                max_length=12,
                            ),
                        ),
                        ("urgency", models.CharField(default="high", max_length=4)),
                        ("step", models.SmallIntegerField(default=0)),
                        ("round", models.SmallIntegerField(default=0)),
                        ("rest", models.JSONField(default=list)),
                        ("held", models.JSONField(default=list)),
                        ("firings", models.IntegerField(default=0)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("wait_until", models.DateTimeField(null=True)),
                        ("step_fired_at", models.DateTimeField(null=True)),
                        ("paused_status", models.CharField(blank=True, default="", max_length=12)),
                        ("paused_due_in_ms", models.BigIntegerField(null=True)),
                        ("pause_reason", models.CharField(blank=True, default="", max_length=200)),
                        ("maintenance_at", models.DateTimeField(null=True)),
                        ("opened_at", models.DateTimeField()),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("resolved_at", models.DateTimeField(null=True)),
                        ("exhausted_at", models.DateTimeField(null=True)),
                        ("word_at", models.DateTimeField(null=True)),
                        ("pinged_at", models.DateTimeField(null=True)),
                        ("source_cleared", models.BooleanField(default=False)),
                        ("quiet_at", models.DateTimeField(null=True)),
                        ("tries", models.SmallIntegerField(default=0)),
                        ("set_aside_at", models.DateTimeField(null=True)),
                        ("error", models.TextField(blank=True, default="")),
                        (
                            "acknowledged_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "aimed_at",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "incident",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="pages", to="incidents.incident"),
                        ),
                        (
                            "copy",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="paging.policycopy"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False), ("set_aside_at__isnull", True)),
                                fields=["due_at"],
                                name="page_due",
                            ),
                            models.Index(
                                condition=models.Q(("due_at__isnull", False), ("firings", 0), ("set_aside_at__isnull", True)),
                                fields=["due_at"],
                                name="page_due_first",
                            ),
                            models.Index(
                                condition=models.Q(("set_aside_at__isnull", False)), fields=["set_aside_at"], name="page_set_aside"
                            ),
                            models.Index(
                                condition=models.Q(("status", "resolved"), _negated=True), fields=["incident"], name="page_incident_open"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("purpose", "respond"), models.Q(("status", "resolved"), _negated=True)),
                                fields=("incident",),
                                name="page_one_open_respond",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["triggered", "acknowledged", "resolved", "exhausted", "paused"])),
                                name="page_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("purpose__in", ["respond", "coordinate", "handoff", "clock", "drill"])),
                                name="page_purpose",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["triggered", "exhausted", "paused"]), _negated=True),
                                    ("due_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="page_never_forgotten",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "resolved"), _negated=True), ("due_at__isnull", True), _connector="OR"
                                ),
                                name="page_resolved_is_silent",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Firing",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("n", models.IntegerField()),
                        ("kind", models.CharField(max_length=12)),
                        ("step", models.SmallIntegerField()),
                        ("round", models.SmallIntegerField()),
                        ("due_at", models.DateTimeField()),
                        ("fired_at", models.DateTimeField()),
                        ("people", models.JSONField(default=list)),
                        ("skipped", models.JSONField(default=list)),
                        ("next_at", models.DateTimeField(null=True)),
                        (
                            "page",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="fired", to="paging.page"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("page", "n"), name="firing_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Policy",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("repeat", models.IntegerField(default=0)),
                        ("steps", models.JSONField()),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "last_resort",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="policies", to="people.team")),
                    ],
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="policycopy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="policy_copy_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="c9abc0ef4a05dc7a9dc01ad7f2b5bb1a39033321",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_policy_copy_append_only_a7177",
                            table="paging_policycopy",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="policycopy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="policy_copy_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="c8fa3c739fcfa4ff99770d6c22aa63698eebb7d4",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_policy_copy_no_truncate_2cd66",
                            table="paging_policycopy",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="firing",
                    trigger=pgtrigger.compiler.Trigger(
                        name="firing_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="f0b82594b825cb1381b574c464c293e28a3d525c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_firing_append_only_b38b1",
                            table="paging_firing",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="firing",
                    trigger=pgtrigger.compiler.Trigger(
                        name="firing_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="a607f6590e53ab03bd28d1e137451772ceef66f4",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_firing_no_truncate_44b01",
                            table="paging_firing",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
