import django.contrib.postgres.fields
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
        ("trackers", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Digest",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("at", models.DateTimeField()),
                        (
                            "person",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Duty",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("every", models.CharField(max_length=12)),
                        ("times", models.IntegerField(default=1)),
                        ("due", models.CharField(blank=True, default="", max_length=32)),
                        ("since", models.DateTimeField()),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "schedule",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="duties", to="schedules.schedule"
                            ),
                        ),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="duties", to="people.team")),
                        (
                            "queue",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="duties", to="duties.queue"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("every__in", ["shift", "day", "business day", "week", "month"])), name="duty_every"
                            ),
                            models.CheckConstraint(condition=models.Q(("times__gte", 1)), name="duty_times"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Pass",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("at", models.DateTimeField()),
                        ("issues", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                        ("note", models.CharField(blank=True, default="", max_length=2000)),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "queue",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="passes", to="duties.queue"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["queue", "-at"], name="pass_latest")],
                    },
                ),
                migrations.CreateModel(
                    name="Queue",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("projects", models.JSONField(default=list)),
                        ("labels", models.JSONField(default=list)),
                        ("authors", models.JSONField(default=list)),
                        ("state", models.CharField(default="open", max_length=6)),
                        ("changes", models.BooleanField(default=False)),
                        ("other", models.JSONField(null=True)),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="queues", to="people.team")),
                        (
                            "tracker",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="queues", to="trackers.tracker"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("state__in", ["open", "closed", "all"])), name="queue_state")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Proof",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("kind", models.CharField(choices=[("pass", "Pass"), ("note", "Note"), ("nothing", "Nothing")], max_length=7)),
                        ("at", models.DateTimeField()),
                        ("text", models.CharField(blank=True, default="", max_length=2000)),
                        (
                            "duty",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="proofs",
                                to="duties.duty",
                            ),
                        ),
                        (
                            "of",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="proof", to="duties.pass"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "queue",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="proofs",
                                to="duties.queue",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("queue__isnull", False)), fields=["queue", "-at"], name="proof_of_queue"),
                            models.Index(condition=models.Q(("duty__isnull", False)), fields=["duty", "-at"], name="proof_of_duty"),
                        ],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("kind__in", ["pass", "note", "nothing"])), name="proof_kind"),
                            models.CheckConstraint(
                                condition=models.Q(("queue__isnull", False), ("duty__isnull", False), _connector="XOR"), name="proof_of_one"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(models.Q(("kind", "pass"), _negated=True), ("of__isnull", False), _connector="XOR"),
                                name="proof_has_its_pass",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "note"), _negated=True), models.Q(("text", ""), _negated=True), _connector="OR"
                                ),
                                name="proof_note_has_text",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Quiet",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("incident_id", models.BigIntegerField(null=True, unique=True)),
                        ("silent_since", models.DateTimeField(null=True)),
                        ("pinged_at", models.DateTimeField(null=True)),
                        ("rung", models.IntegerField(default=0)),
                        ("snoozed_until", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, default="", max_length=2000)),
                        (
                            "issue",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="quiet", to="trackers.issue"
                            ),
                        ),
                        (
                            "snoozed_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("issue__isnull", False), ("incident_id__isnull", False), _connector="XOR"),
                                name="quiet_about_one_thing",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Stale",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("severity", models.CharField(max_length=8)),
                        ("after", models.CharField(max_length=32)),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                        ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="stale", to="people.team")),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("team", "severity"), name="stale_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Stamp",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("item", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        (
                            "of",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="stamps", to="duties.pass"
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
                        "constraints": [models.UniqueConstraint(fields=("of", "item"), name="stamp_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Taking",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("taken_at", models.DateTimeField()),
                        ("reminded_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "end",
                            models.CharField(
                                blank=True,
                                choices=[("done", "Done"), ("given_back", "Given Back"), ("promoted", "Promoted")],
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, default="", max_length=2000)),
                        ("incident_id", models.BigIntegerField(null=True)),
                        (
                            "issue",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="takings", to="trackers.issue"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="takings", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "queue",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="takings", to="duties.queue"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["queue", "-ended_at"], name="taking_ended")],
                        "constraints": [
                            models.UniqueConstraint(condition=models.Q(("ended_at__isnull", True)), fields=("issue",), name="taking_one"),
                            models.CheckConstraint(
                                condition=models.Q(("ended_at__isnull", True), models.Q(("end", ""), _negated=True), _connector="XOR"),
                                name="taking_has_an_end",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("end__in", ["", "done", "given_back", "promoted"])), name="taking_end"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Asked",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("group_start", models.DateTimeField()),
                        ("group_end", models.DateTimeField()),
                        ("start", models.DateTimeField()),
                        ("due", models.DateTimeField()),
                        ("remind_at", models.DateTimeField()),
                        ("part", models.IntegerField(default=1)),
                        ("parts", models.IntegerField(default=1)),
                        ("layer", models.CharField(blank=True, default="", max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Open"), ("met", "Met"), ("late", "Late"), ("unmet", "Unmet"), ("void", "Void")],
                                default="open",
                                max_length=5,
                            ),
                        ),
                        ("done_at", models.DateTimeField(null=True)),
                        (
                            "reminded",
                            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None),
                        ),
                        ("settled_at", models.DateTimeField(null=True)),
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
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="asked",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "duty",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="asked", to="duties.duty"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("settled_at__isnull", True)), fields=["person", "due"], name="asked_of"),
                            models.Index(fields=["duty", "-start"], name="asked_latest"),
                            models.Index(fields=["-due"], name="asked_ledger"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("duty", "start"), name="asked_once"),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["open", "met", "late", "unmet", "void"])), name="asked_state"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["met", "late"]), _negated=True), ("done_at__isnull", False), _connector="OR"
                                ),
                                name="asked_done_at",
                            ),
                            models.CheckConstraint(condition=models.Q(("start__lt", models.F("due"))), name="asked_has_time"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Learning",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("improvement", "Improvement"),
                                    ("automatable", "Automatable"),
                                    ("question", "Question"),
                                    ("risky", "Risky"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("text", models.CharField(max_length=1000)),
                        ("made_at", models.DateTimeField()),
                        ("edit_until", models.DateTimeField()),
                        ("edited_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("outcome", models.CharField(blank=True, default="", max_length=1000)),
                        ("document", models.CharField(blank=True, default="", max_length=2000)),
                        (
                            "closed_by",
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
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="learnings", to="incidents.incident"
                            ),
                        ),
                        (
                            "link",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="learning", to="trackers.link"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="learnings",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="learnings", to="people.team"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("closed_at__isnull", True)), fields=["team", "-made_at"], name="learning_open"
                            ),
                            models.Index(fields=["-made_at"], name="learning_made"),
                            models.Index(fields=["person", "-made_at"], name="learning_of"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["improvement", "automatable", "question", "risky"])), name="learning_kind"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("closed_at__isnull", True),
                                    models.Q(("outcome", ""), _negated=True),
                                    models.Q(("document", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="learning_closed_says_what_became",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="proof",
                    trigger=pgtrigger.compiler.Trigger(
                        name="proof_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="cf9009d65fcc58a6d92e3e6f5b8c7bed69a939be",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_proof_append_only_d5d94",
                            table="duties_proof",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="proof",
                    trigger=pgtrigger.compiler.Trigger(
                        name="proof_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="056ed08b084f00432d2841c024663ad48b39fda9",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_proof_no_truncate_f1092",
                            table="duties_proof",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="pass",
                    trigger=pgtrigger.compiler.Trigger(
                        name="pass_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0929da31b8e034ab5916c46fc74341691d0bd7fa",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_pass_append_only_57ccf",
                            table="duties_pass",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="pass",
                    trigger=pgtrigger.compiler.Trigger(
                        name="pass_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="d897fbb9ed707926b2f2444b651ce0c10a18fca7",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_pass_no_truncate_cdab5",
                            table="duties_pass",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="stamp",
                    trigger=pgtrigger.compiler.Trigger(
                        name="stamp_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a3865067ff174a881a82162038dc855490bc2dcb",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_stamp_append_only_eac52",
                            table="duties_stamp",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="stamp",
                    trigger=pgtrigger.compiler.Trigger(
                        name="stamp_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="62f3d1d38bb2ef39360fa46f59dc77d90c9191a2",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_stamp_no_truncate_d8107",
                            table="duties_stamp",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
