import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
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
        # the numbers that people say: #1, #2, ...; restricted incidents do not use this sequence
        migrations.RunSQL("CREATE SEQUENCE incident_number", reverse_sql="DROP SEQUENCE incident_number"),
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Service",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("group_by", models.JSONField(default=list)),
                        ("group_for_seconds", models.IntegerField(default=3600)),
                        ("when_cleared", models.CharField(default="stop_paging", max_length=16)),
                        ("source_ack", models.CharField(default="mark", max_length=8)),
                        ("urgency", models.JSONField(null=True)),
                        ("severity_map", models.JSONField(default=dict)),
                        ("restricted", models.BooleanField(default=False)),
                        ("storm", models.JSONField(null=True)),
                        ("routes", models.JSONField(default=list)),
                        ("is_active", models.BooleanField(default=True)),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="services", to="people.team")),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("when_cleared__in", ["stop_paging", "keep", "resolve"])), name="service_when_cleared"
                            ),
                            models.CheckConstraint(condition=models.Q(("source_ack__in", ["mark", "stops"])), name="service_source_ack"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Incident",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("number", models.BigIntegerField(unique=True)),
                        ("title", models.CharField(max_length=1024)),
                        ("code_name", models.CharField(blank=True, default="", max_length=80)),
                        (
                            "severity",
                            models.CharField(
                                choices=[("critical", "Critical"), ("high", "High"), ("medium", "Medium"), ("low", "Low")], max_length=8
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("triggered", "Triggered"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")],
                                default="triggered",
                                max_length=12,
                            ),
                        ),
                        ("restricted", models.BooleanField(default=False)),
                        ("opened_at", models.DateTimeField()),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("resolved_at", models.DateTimeField(null=True)),
                        ("group_key", models.CharField(blank=True, default="", max_length=64)),
                        ("last_alert_at", models.DateTimeField(null=True)),
                        ("cleared_at", models.DateTimeField(null=True)),
                        ("cleared_unseen", models.BooleanField(default=False)),
                        ("storm", models.BooleanField(default=False)),
                        ("word_at", models.DateTimeField(null=True)),
                        (
                            "acting",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="acting_on",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "merged_into",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="incidents.incident",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="owned", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "previous",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.incident"
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="people.team"),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="incidents.service"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("status", "resolved"), _negated=True), fields=["-number"], name="incident_open"
                            ),
                            models.Index(
                                condition=models.Q(
                                    models.Q(("status", "resolved"), _negated=True), models.Q(("group_key", ""), _negated=True)
                                ),
                                fields=["service", "group_key"],
                                name="incident_group",
                            ),
                            models.Index(fields=["service", "-opened_at"], name="incident_service_opened"),
                            models.Index(
                                condition=models.Q(("storm", True), models.Q(("status", "resolved"), _negated=True)),
                                fields=["service"],
                                name="incident_storm",
                            ),
                            models.Index(fields=["-opened_at"], name="incident_opened"),
                            models.Index(condition=models.Q(("status", "acknowledged")), fields=["word_at"], name="incident_silent"),
                            django.contrib.postgres.indexes.GinIndex(
                                django.contrib.postgres.search.SearchVector("title", config="simple"),
                                condition=models.Q(("restricted", False)),
                                name="incident_words",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("severity__in", ["critical", "high", "medium", "low"])), name="incident_severity"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["triggered", "acknowledged", "resolved"])), name="incident_status"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Stakeholder",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200)),
                        ("every_minutes", models.IntegerField(null=True)),
                        ("added_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField(null=True)),
                        ("removed_at", models.DateTimeField(null=True)),
                        (
                            "incident",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="stakeholders", to="incidents.incident"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("removed_at__isnull", True)), fields=("incident", "name"), name="stakeholder_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("every_minutes__isnull", True), ("every_minutes__gt", 0), _connector="OR"),
                                name="stakeholder_every",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StepAnswer",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("step", models.CharField(max_length=40)),
                        ("answer", models.CharField(max_length=12)),
                        ("why", models.CharField(blank=True, default="", max_length=2000)),
                        ("at", models.DateTimeField()),
                        (
                            "incident",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="step_answers",
                                to="incidents.incident",
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["incident", "id"], name="step_answer_incident")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("answer__in", ["yes", "no", "done", "not_needed"])), name="step_answer"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Task",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("what", models.CharField(max_length=500)),
                        ("made_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                        ("due_on", models.DateField(null=True)),
                        ("reminded_at", models.DateTimeField(null=True)),
                        (
                            "assignee",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "done_by",
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
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="incidents.incident"),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at__isnull", True), ("due_on__isnull", False)), fields=["due_on"], name="task_due"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Tenure",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("role", models.CharField(choices=[("owner", "Owner"), ("acting", "Acting")], max_length=8)),
                        ("since", models.DateTimeField()),
                        ("until", models.DateTimeField(null=True)),
                        ("reason", models.CharField(max_length=40)),
                        (
                            "by",
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
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="tenures", to="incidents.incident"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["incident", "since"], name="tenure_incident"),
                            models.Index(condition=models.Q(("until__isnull", True)), fields=["person"], name="tenure_open_person"),
                        ],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("role__in", ["owner", "acting"])), name="tenure_role"),
                            models.CheckConstraint(
                                condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                                name="tenure_forward",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("until__isnull", True)), fields=("incident", "role"), name="tenure_one_open"
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[
                                    (
                                        models.Func(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(models.F("incident"), "*", models.Value(2)),
                                                "+",
                                                models.Case(
                                                    models.When(role="owner", then=models.Value(0)),
                                                    default=models.Value(1),
                                                    output_field=models.BigIntegerField(),
                                                ),
                                            ),
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(models.F("incident"), "*", models.Value(2)),
                                                "+",
                                                models.Case(
                                                    models.When(role="owner", then=models.Value(0)),
                                                    default=models.Value(1),
                                                    output_field=models.BigIntegerField(),
                                                ),
                                            ),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(
                                            models.F("since"),
                                            models.F("until"),
                                            function="tstzrange",
                                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="tenure_one_at_a_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TimelineEntry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                        ("kind", models.CharField(max_length=32)),
                        ("via", models.CharField(blank=True, default="", max_length=40)),
                        ("text", models.TextField(blank=True, default="")),
                        ("data", models.JSONField(default=dict)),
                        ("page_id", models.BigIntegerField(null=True)),
                        (
                            "actor",
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
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="timeline",
                                to="incidents.incident",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["incident", "id"], name="timeline_incident")],
                    },
                ),
                migrations.CreateModel(
                    name="Access",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("reason", models.CharField(max_length=16)),
                        ("granted_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "incident",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="access", to="incidents.incident"),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("incident", "person"), name="access_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Participant",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("joined_at", models.DateTimeField()),
                        (
                            "incident",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="participants", to="incidents.incident"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("incident", "person"), name="participant_once")],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="stepanswer",
                    trigger=pgtrigger.compiler.Trigger(
                        name="step_answer_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0c8263075832b7776eaddcaa5a7629949cff1c3e",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_step_answer_append_only_5952a",
                            table="incidents_stepanswer",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="stepanswer",
                    trigger=pgtrigger.compiler.Trigger(
                        name="step_answer_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="1dde87f552cfe8e16c68ad040805aed435a86ed0",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_step_answer_no_truncate_21818",
                            table="incidents_stepanswer",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tenure",
                    trigger=pgtrigger.compiler.Trigger(
                        name="tenure_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="aca6fe3348da1ca6ca3e7b9cc10bd61dadf5247c",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_tenure_no_truncate_45bc2",
                            table="incidents_tenure",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tenure",
                    trigger=pgtrigger.compiler.Trigger(
                        name="tenure_no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="b58524c9b6ce338588d0f7b14883a179e430954f",
                            operation="DELETE",
                            pgid="pgtrigger_tenure_no_delete_7a060",
                            table="incidents_tenure",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tenure",
                    trigger=pgtrigger.compiler.Trigger(
                        name="tenure_closed_once",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n                IF OLD.until IS NOT NULL OR NEW.until IS NULL OR (NEW.id, NEW.incident_id, NEW.role, NEW.person_id, NEW.since, NEW.reason, NEW.by_id)\n                    IS DISTINCT FROM (OLD.id, OLD.incident_id, OLD.role, OLD.person_id, OLD.since, OLD.reason, OLD.by_id) THEN\n                    RAISE EXCEPTION 'the ledger of ownership is append-only: an open row is closed once, and nothing else changes';\n                END IF;\n                RETURN NEW;\n                ",
                            hash="0819d1f88833db4d12f198e2131c7d881b8184be",
                            operation="UPDATE",
                            pgid="pgtrigger_tenure_closed_once_e38de",
                            table="incidents_tenure",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="timelineentry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="timeline_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="993174c4ff76c5ef585d1193ef3d88376f5280d5",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_timeline_append_only_7ada9",
                            table="incidents_timelineentry",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="timelineentry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="timeline_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="95849041b412f7645ac33b15da8994b9c2bd8207",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_timeline_no_truncate_30bd7",
                            table="incidents_timelineentry",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
