import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
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
        ("trackers", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            operations=[
                migrations.CreateModel(
                    name="Program",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="programs", to="people.team")),
                        ("platform", models.CharField(blank=True, default="", max_length=200)),
                        (
                            "tracker",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="programs", to="trackers.tracker"
                            ),
                        ),
                        ("project", models.CharField(blank=True, default="", max_length=300)),
                        ("tiers", models.JSONField(default=list)),
                        ("bounty", models.JSONField(null=True)),
                        ("disclosure", models.JSONField(default=dict)),
                        ("targets", models.JSONField(default=dict)),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                    options={
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="ProgramVersion",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "program",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="reports.program"
                            ),
                        ),
                        ("number", models.IntegerField()),
                        ("content", models.JSONField()),
                        ("made_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("program", "number"), name="program_version_once")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Reporter",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=254)),
                        ("made_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="reporter_once")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Report",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("number", models.BigIntegerField(unique=True)),
                        ("code_name", models.CharField(max_length=80)),
                        (
                            "program",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="reports.program"
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="people.team"
                            ),
                        ),
                        ("title", models.CharField(max_length=1024)),
                        ("body", models.TextField()),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("hand", "Hand"),
                                    ("form", "Form"),
                                    ("mail", "Mail"),
                                    ("hackerone", "Hackerone"),
                                    ("github", "Github"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("external_id", models.CharField(blank=True, default="", max_length=200)),
                        ("external_url", models.CharField(blank=True, default="", max_length=2000)),
                        (
                            "reporter",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="reports.reporter"
                            ),
                        ),
                        ("receipt", models.BinaryField(max_length=32, null=True, unique=True)),
                        (
                            "accountable",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="accountable_for",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("circle", models.CharField(choices=[("team", "Team"), ("named", "Named")], default="team", max_length=5)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("new", "New"),
                                    ("assessing", "Assessing"),
                                    ("with_platform_triage", "With Platform"),
                                    ("awaiting_reporter", "Awaiting Reporter"),
                                    ("consulting_experts", "Consulting"),
                                    ("rated", "Rated"),
                                    ("tracked", "Tracked"),
                                    ("reporter_updated", "Told"),
                                    ("awarded", "Awarded"),
                                    ("triaged", "Triaged"),
                                    ("resolved", "Resolved"),
                                    ("invalid", "Invalid"),
                                    ("duplicate", "Duplicate"),
                                    ("out_of_scope", "Out Of Scope"),
                                    ("spam", "Spam"),
                                ],
                                default="new",
                                max_length=20,
                            ),
                        ),
                        ("valid", models.BooleanField(default=False)),
                        ("understood", models.BooleanField(default=False)),
                        ("severity", models.CharField(blank=True, default="", max_length=8)),
                        ("rank", models.SmallIntegerField(default=9)),
                        ("vector", models.CharField(blank=True, default="", max_length=300)),
                        ("score", models.FloatField(null=True)),
                        ("tier", models.CharField(blank=True, default="", max_length=200)),
                        ("weakness", models.CharField(blank=True, default="", max_length=200)),
                        ("asset", models.CharField(blank=True, default="", max_length=300)),
                        ("tracking_url", models.CharField(blank=True, default="", max_length=2000)),
                        (
                            "link",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="report", to="trackers.link"
                            ),
                        ),
                        (
                            "incident",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="incidents.incident"
                            ),
                        ),
                        ("embargo_on", models.DateField(null=True)),
                        (
                            "duplicate_of",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="duplicates", to="reports.report"
                            ),
                        ),
                        (
                            "bounty",
                            models.CharField(
                                choices=[
                                    ("none", "None"),
                                    ("proposed", "Proposed"),
                                    ("approved", "Approved"),
                                    ("awarded", "Awarded"),
                                    ("ineligible", "Ineligible"),
                                ],
                                default="none",
                                max_length=10,
                            ),
                        ),
                        ("amount", models.BigIntegerField(null=True)),
                        ("currency", models.CharField(blank=True, default="", max_length=3)),
                        ("secret_because", models.CharField(blank=True, default="", max_length=2000)),
                        ("secret_review_on", models.DateField(null=True)),
                        ("received_at", models.DateTimeField()),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("told_at", models.DateTimeField(null=True)),
                        ("triaged_at", models.DateTimeField(null=True)),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("disclosure_asked_at", models.DateTimeField(null=True)),
                        ("disclosed_at", models.DateTimeField(null=True)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("promise", models.CharField(blank=True, default="", max_length=16)),
                        ("fingerprint", models.BigIntegerField(default=0)),
                        ("made_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                models.OrderBy(models.F("due_at"), nulls_last=True),
                                models.F("rank"),
                                models.F("received_at"),
                                models.F("id"),
                                condition=models.Q(
                                    ("state__in", ["resolved", "invalid", "duplicate", "out_of_scope", "spam"]), _negated=True
                                ),
                                name="report_board",
                            ),
                            models.Index(fields=["team", "-received_at"], name="report_of_team"),
                            models.Index(django.db.models.functions.comparison.Cast("id", models.TextField()), name="report_as_text"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("external_id", ""), _negated=True),
                                fields=("program", "source", "external_id"),
                                name="report_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("source__in", ["hand", "form", "mail", "hackerone", "github"])), name="report_source"
                            ),
                            models.CheckConstraint(condition=models.Q(("circle__in", ["team", "named"])), name="report_circle"),
                            models.CheckConstraint(
                                condition=models.Q(("severity__in", ["", "critical", "high", "medium", "low"])), name="report_severity"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("bounty__in", ["none", "proposed", "approved", "awarded", "ineligible"])),
                                name="report_bounty_state",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("closed_at__isnull", False),
                                    models.Q(("state__in", ["resolved", "invalid", "duplicate", "out_of_scope", "spam"]), _negated=True),
                                    _connector="XOR",
                                ),
                                name="report_closed_at",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("secret_because", ""), ("secret_review_on__isnull", True)),
                                    models.Q(models.Q(("secret_because", ""), _negated=True), ("secret_review_on__isnull", False)),
                                    _connector="OR",
                                ),
                                name="report_secret_is_reviewed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Member",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "report",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="members", to="reports.report"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                        ("why", models.CharField(blank=True, default="", max_length=300)),
                        ("granted_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("report", "person"), name="report_member_once")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Look",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "report",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="reports.report"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("first_at", models.DateTimeField()),
                        ("last_at", models.DateTimeField()),
                        ("times", models.IntegerField(default=1)),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("report", "person"), name="report_look_once")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Wait",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "report",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="waits", to="reports.report"
                            ),
                        ),
                        ("whom", models.CharField(choices=[("reporter", "Reporter"), ("platform", "Platform")], max_length=8)),
                        ("began_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["report", "began_at"], name="report_wait_of")],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("whom__in", ["reporter", "platform"])), name="report_wait_for"),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)), fields=("report",), name="report_waits_once"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rating",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "report",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="ratings", to="reports.report"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("vector", models.CharField(blank=True, default="", max_length=300)),
                        ("score", models.FloatField(null=True)),
                        ("severity", models.CharField(max_length=8)),
                        ("tier", models.CharField(blank=True, default="", max_length=200)),
                        ("reason", models.CharField(blank=True, default="", max_length=2000)),
                        (
                            "version",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="reports.programversion",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["report", "id"], name="report_rating_of")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("severity__in", ["critical", "high", "medium", "low"])), name="report_rating_severity"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Message",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "report",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="reports.report"
                            ),
                        ),
                        (
                            "author",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("audience", models.CharField(choices=[("team", "Team"), ("platform", "Platform"), ("all", "All")], max_length=8)),
                        ("way", models.CharField(choices=[("here", "Here"), ("receipt", "Receipt"), ("by hand", "By Hand")], max_length=8)),
                        ("text", models.TextField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["report", "id"], name="report_message_of")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("audience__in", ["team", "platform", "all"])), name="report_message_audience"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("way__in", ["here", "receipt", "by hand"])), name="report_message_way"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "report",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="story", to="reports.report"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("kind", models.CharField(max_length=32)),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("via", models.CharField(blank=True, default="", max_length=40)),
                        ("text", models.TextField()),
                        ("data", models.JSONField(default=dict)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["report", "id"], name="report_story")],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="MoneyStep",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "report",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="money", to="reports.report"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("proposed", "Proposed"),
                                    ("approved", "Approved"),
                                    ("awarded", "Awarded"),
                                    ("ineligible", "Ineligible"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("amount", models.BigIntegerField(null=True)),
                        ("currency", models.CharField(blank=True, default="", max_length=3)),
                        ("reason", models.CharField(blank=True, default="", max_length=2000)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["report", "id"], name="report_money_of")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["proposed", "approved", "awarded", "ineligible"])),
                                name="report_money_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount__isnull", True), ("amount__gt", 0), _connector="OR"), name="report_money_amount"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CannedText",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "team",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="canned_texts", to="people.team"),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("text", models.TextField()),
                        ("changed_at", models.DateTimeField()),
                        (
                            "changed_by",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("removed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("removed_at__isnull", True)), fields=("team", "name"), name="canned_text_once"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Knock",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("digest", models.BinaryField(max_length=32)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["digest", "at"], name="knock_of"), models.Index(fields=["at"], name="knock_at")],
                        "constraints": [],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="programversion",
                    trigger=pgtrigger.compiler.Trigger(
                        name="program_version_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="1a5609c7bb00bf64bcabbf999b147aa60396f0b2",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_program_version_append_only_4efe9",
                            table="reports_programversion",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="programversion",
                    trigger=pgtrigger.compiler.Trigger(
                        name="program_version_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="c1220086d3241db4b46145e0a189cfcc9a6826bf",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_program_version_no_truncate_195be",
                            table="reports_programversion",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="rating",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_rating_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="1389b45816344b5281187efce514a31cc66a4c6d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_report_rating_append_only_1f6ef",
                            table="reports_rating",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="rating",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_rating_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="1df2ab303fd6859e10904809f4f5b9a1857f9cbf",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_report_rating_no_truncate_594e3",
                            table="reports_rating",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="moneystep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_money_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="baec410c10530d9577215a6c7cf55e53db155048",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_report_money_append_only_84ddd",
                            table="reports_moneystep",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="moneystep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_money_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="a985a9d98aa82f451d601f56fbb05a99863c0e06",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_report_money_no_truncate_9a06c",
                            table="reports_moneystep",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="message",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_message_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b956f152c8c414eedc4b20ae0adaa419c5d04bc4",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_report_message_append_only_04306",
                            table="reports_message",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="message",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_message_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="3c06b0f87eba475bfdad9b44019b9d4190167a89",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_report_message_no_truncate_5eb14",
                            table="reports_message",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_entry_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="3455c8923bb119f568aeffed9114f328fc081493",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_report_entry_append_only_bc448",
                            table="reports_entry",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="report_entry_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="97e911b02c3f9719e79856b93b7084bd85add5de",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_report_entry_no_truncate_dbe44",
                            table="reports_entry",
                            when="BEFORE",
                        ),
                    ),
                ),
            ],
        ),
    ]
