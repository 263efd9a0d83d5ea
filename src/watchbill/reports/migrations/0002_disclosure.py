import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from watchbill.kernel.migrating import CreateTogether


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0001_initial"),
        ("people", "0001_initial"),
        ("reports", "0001_initial"),
        ("trackers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Disclosure",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("asker", models.CharField(choices=[("team", "Team"), ("reporter", "Reporter")], max_length=8)),
                        ("kind", models.CharField(choices=[("full", "Full"), ("limited", "Limited")], max_length=8)),
                        ("summary", models.TextField(blank=True, default="")),
                        ("redactions", models.JSONField(default=list)),
                        ("asked_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("agreed_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "end",
                            models.CharField(
                                blank=True,
                                choices=[("", "Open"), ("published", "Published"), ("cancelled", "Cancelled")],
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("text", models.TextField(blank=True, default="")),
                    ],
                ),
                migrations.CreateModel(
                    name="PromiseTold",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("promise", models.CharField(max_length=16)),
                        ("began_at", models.DateTimeField()),
                        ("stage", models.CharField(choices=[("soon", "Soon"), ("broken", "Broken")], max_length=6)),
                        ("at", models.DateTimeField()),
                    ],
                ),
                migrations.AddField(
                    model_name="report",
                    name="announcement",
                    field=models.CharField(blank=True, default="", max_length=2000),
                ),
                migrations.AddField(
                    model_name="report",
                    name="look_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="report",
                    name="secret_told_on",
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name="report",
                    name="secret_until",
                    field=models.DateField(null=True),
                ),
                migrations.AddIndex(
                    model_name="report",
                    index=models.Index(condition=models.Q(("look_at__isnull", False)), fields=["look_at"], name="report_look_at"),
                ),
                migrations.AddIndex(
                    model_name="report",
                    index=models.Index(
                        condition=models.Q(("secret_because", ""), _negated=True), fields=["secret_review_on"], name="report_secret"
                    ),
                ),
                migrations.AddField(
                    model_name="disclosure",
                    name="ended_by",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="disclosure",
                    name="person",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="disclosure",
                    name="report",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="disclosures", to="reports.report"
                    ),
                ),
                migrations.AddField(
                    model_name="promisetold",
                    name="report",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="promises_told", to="reports.report"
                    ),
                ),
                migrations.AddIndex(
                    model_name="disclosure",
                    index=models.Index(fields=["report", "id"], name="disclosure_of"),
                ),
                migrations.AddConstraint(
                    model_name="disclosure",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("report",), name="disclosure_open_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="disclosure",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("end", "published")), fields=("report",), name="disclosure_published_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="disclosure",
                    constraint=models.CheckConstraint(condition=models.Q(("asker__in", ["team", "reporter"])), name="disclosure_asker"),
                ),
                migrations.AddConstraint(
                    model_name="disclosure",
                    constraint=models.CheckConstraint(condition=models.Q(("kind__in", ["full", "limited"])), name="disclosure_kind"),
                ),
                migrations.AddConstraint(
                    model_name="disclosure",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end", ""), ("ended_at__isnull", True)),
                            models.Q(("end__in", ["published", "cancelled"]), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="disclosure_ends",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="disclosure",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("end", "published"), ("text", ""), _connector="XOR"), name="disclosure_published_text"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="promisetold",
                    constraint=models.UniqueConstraint(fields=("report", "promise", "began_at", "stage"), name="promise_told_once"),
                ),
                migrations.AddConstraint(
                    model_name="promisetold",
                    constraint=models.CheckConstraint(condition=models.Q(("stage__in", ["soon", "broken"])), name="promise_told_stage"),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="promisetold",
                    trigger=pgtrigger.compiler.Trigger(
                        name="promise_told_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="2315e8afb960fab785a2bc0a3b16f46962211429",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_promise_told_append_only_f1e07",
                            table="reports_promisetold",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="promisetold",
                    trigger=pgtrigger.compiler.Trigger(
                        name="promise_told_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="1d487a8b1c9fe53ca632613f11afe0ed71f89c82",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_promise_told_no_truncate_79a81",
                            table="reports_promisetold",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
        migrations.RunSQL(
            "UPDATE reports_report SET look_at = now() WHERE due_at IS NOT NULL OR closed_at IS NULL", migrations.RunSQL.noop
        ),
    ]
