import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from watchbill.kernel.migrating import CreateTogether


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Seal",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("first_id", models.BigIntegerField()),
                        ("last_id", models.BigIntegerField(unique=True)),
                        ("count", models.IntegerField()),
                        ("sealed_at", models.DateTimeField()),
                        ("previous", models.CharField(max_length=64)),
                        ("digest", models.CharField(max_length=64)),
                    ],
                ),
                migrations.CreateModel(
                    name="Record",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("actor", models.CharField(max_length=200)),
                        ("via", models.CharField(max_length=40)),
                        ("action", models.CharField(max_length=60)),
                        ("kind", models.CharField(max_length=40)),
                        ("object_id", models.CharField(max_length=80)),
                        ("incident_id", models.BigIntegerField(null=True)),
                        ("team_id", models.BigIntegerField(null=True)),
                        ("restricted", models.BooleanField(default=False)),
                        ("detail", models.JSONField(default=dict)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["-at"], name="audit_at"),
                            models.Index(
                                condition=models.Q(("incident_id__isnull", False)), fields=["incident_id", "id"], name="audit_incident"
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="record",
                    trigger=pgtrigger.compiler.Trigger(
                        name="audit_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="e54830923012a22a38493901f58c99658e508d2d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_audit_append_only_86591",
                            table="audit_record",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="record",
                    trigger=pgtrigger.compiler.Trigger(
                        name="audit_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="0b743c69797b2d6689f1899b0b7c8597b3da0716",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_audit_no_truncate_f668f",
                            table="audit_record",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="seal",
                    trigger=pgtrigger.compiler.Trigger(
                        name="seal_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b15fcbf61eccf7cff43fd38e266ada72b41e47b2",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_seal_append_only_76b1e",
                            table="audit_seal",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="seal",
                    trigger=pgtrigger.compiler.Trigger(
                        name="seal_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="8d49e2e93fe70b4076ad54a8bfc180e5bc9bfbcf",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_seal_no_truncate_74877",
                            table="audit_seal",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
