import django.db.models.deletion
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
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Runbook",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("title", models.CharField(max_length=200, unique=True)),
                        ("text", models.TextField()),
                        ("version", models.IntegerField(default=1)),
                        ("changed_at", models.DateTimeField()),
                        ("retired_at", models.DateTimeField(null=True)),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="runbooks", to="people.team")),
                    ],
                ),
                migrations.CreateModel(
                    name="Place",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("service_id", models.BigIntegerField(null=True)),
                        ("when", models.JSONField(default=dict)),
                        (
                            "runbook",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="places", to="runbooks.runbook"),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["service_id"], name="runbook_place_service")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("service_id__isnull", False), models.Q(("when", {}), _negated=True), _connector="OR"),
                                name="runbook_place_somewhere",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Version",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("number", models.IntegerField()),
                        ("title", models.CharField(max_length=200)),
                        ("text", models.TextField()),
                        ("why", models.CharField(blank=True, default="", max_length=500)),
                        ("at", models.DateTimeField()),
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
                            "runbook",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="runbooks.runbook"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("runbook", "number"), name="runbook_version_once")],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="version",
                    trigger=pgtrigger.compiler.Trigger(
                        name="runbook_version_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="58b07c728ead44a3c0ce53c50ee468891890a02a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_runbook_version_append_only_eb146",
                            table="runbooks_version",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="version",
                    trigger=pgtrigger.compiler.Trigger(
                        name="runbook_version_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="99daf456cf733d8698e88c630aa2bab331635bf3",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_runbook_version_no_truncate_c14c5",
                            table="runbooks_version",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
