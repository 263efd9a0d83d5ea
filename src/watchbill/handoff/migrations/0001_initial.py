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
        ("people", "__first__"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Handoff",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "kind",
                            models.CharField(
                                choices=[("shift", "Shift"), ("break", "Break"), ("permanent", "Permanent")], default="shift", max_length=12
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("offered", "Offered"),
                                    ("accepted", "Accepted"),
                                    ("declined", "Declined"),
                                    ("withdrawn", "Withdrawn"),
                                    ("expired", "Expired"),
                                ],
                                default="draft",
                                max_length=12,
                            ),
                        ),
                        ("summary", models.TextField(blank=True, default="")),
                        ("related", models.JSONField(default=list)),
                        ("engaged", models.JSONField(default=list)),
                        ("bridge", models.CharField(blank=True, default="", max_length=1000)),
                        ("channels", models.JSONField(default=list)),
                        ("next_steps", models.JSONField(default=list)),
                        ("open_questions", models.JSONField(default=list)),
                        ("decisions", models.JSONField(default=list)),
                        ("pending", models.JSONField(default=list)),
                        ("created_at", models.DateTimeField()),
                        ("offered_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("readback", models.TextField(blank=True, default="")),
                        ("why", models.TextField(blank=True, default="")),
                        ("returns_at", models.DateTimeField(null=True)),
                        ("batch", models.UUIDField(null=True)),
                        ("shift_ends_at", models.DateTimeField(null=True)),
                        ("watch_ends_at", models.DateTimeField(null=True)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("reminded_at", models.DateTimeField(null=True)),
                        ("paged_at", models.DateTimeField(null=True)),
                        ("escalated_at", models.DateTimeField(null=True)),
                        ("page_id", models.BigIntegerField(null=True)),
                        (
                            "giver",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "incident",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="handoffs", to="incidents.incident"
                            ),
                        ),
                        (
                            "receiver",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "returns",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="handoff.handoff"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="handoff_due"),
                            models.Index(condition=models.Q(("state", "offered")), fields=["receiver"], name="handoff_to"),
                            models.Index(condition=models.Q(("state__in", ["draft", "offered"])), fields=["giver"], name="handoff_from"),
                            models.Index(
                                condition=models.Q(("returns_at__isnull", False), ("state", "accepted")),
                                fields=["returns_at"],
                                name="handoff_break",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("kind__in", ["shift", "break", "permanent"])), name="handoff_kind"),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["draft", "offered", "accepted", "declined", "withdrawn", "expired"])),
                                name="handoff_state",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "draft"),
                                    models.Q(("expires_at__isnull", False), ("offered_at__isnull", False), ("receiver__isnull", False)),
                                    _connector="OR",
                                ),
                                name="handoff_offered_to_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "offered"), _negated=True), ("due_at__isnull", False), _connector="OR"
                                ),
                                name="handoff_never_forgotten",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "accepted"), _negated=True),
                                    models.Q(("readback", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="handoff_read_back",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "offered")), fields=("incident",), name="handoff_one_open_offer"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "draft")), fields=("incident", "giver"), name="handoff_one_draft"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("returns__isnull", False), ("state", "offered")),
                                fields=("returns",),
                                name="handoff_one_open_return",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HandoffRecord",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("place", models.CharField(max_length=8)),
                        ("name", models.CharField(max_length=300)),
                        ("state", models.CharField(default="waiting", max_length=8)),
                        ("posting_id", models.BigIntegerField(null=True)),
                        ("write_id", models.BigIntegerField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        (
                            "handoff",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="records", to="handoff.handoff"),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("handoff", "place", "name"), name="handoff_record_once"),
                            models.CheckConstraint(condition=models.Q(("place__in", ["chat", "issue"])), name="handoff_record_place"),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["waiting", "written", "failed"])), name="handoff_record_state"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Kept",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("at", models.DateTimeField()),
                        ("until", models.DateTimeField(null=True)),
                        ("asked_at", models.DateTimeField(null=True)),
                        (
                            "incident",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="kept", to="incidents.incident"),
                        ),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("asked_at__isnull", True), ("until__isnull", False)),
                                fields=["until"],
                                name="kept_until",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Question",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("text", models.TextField()),
                        ("asked_at", models.DateTimeField()),
                        ("answer", models.TextField(blank=True, default="")),
                        ("answered_at", models.DateTimeField(null=True)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "handoff",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="handoff.handoff"),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ToldEnd",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("ends_at", models.DateTimeField()),
                        ("what", models.CharField(max_length=8)),
                        ("told_at", models.DateTimeField()),
                        (
                            "person",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("person", "ends_at", "what"), name="told_end_once")],
                    },
                ),
                migrations.CreateModel(
                    name="WatchAccount",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("batch", models.UUIDField(unique=True)),
                        ("text", models.TextField()),
                        ("at", models.DateTimeField()),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="handoff",
                    trigger=pgtrigger.compiler.Trigger(
                        name="handoff_over_is_over",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n                IF OLD.state NOT IN ('draft', 'offered') AND (NEW.state, NEW.receiver_id, NEW.summary, NEW.next_steps, NEW.readback, NEW.why, NEW.ended_at)\n                    IS DISTINCT FROM (OLD.state, OLD.receiver_id, OLD.summary, OLD.next_steps, OLD.readback, OLD.why, OLD.ended_at) THEN\n                    RAISE EXCEPTION 'a hand-off that is over does not change';\n                END IF;\n                RETURN NEW;\n                ",
                            hash="183eeceba11ae9ce56ba354552dcf799606d9c7e",
                            operation="UPDATE",
                            pgid="pgtrigger_handoff_over_is_over_05bbd",
                            table="handoff_handoff",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="watchaccount",
                    trigger=pgtrigger.compiler.Trigger(
                        name="watch_account_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="bc3034af5397d699fae50305f277523d7480b10b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_watch_account_append_only_28e15",
                            table="handoff_watchaccount",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="watchaccount",
                    trigger=pgtrigger.compiler.Trigger(
                        name="watch_account_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="dbee9d39e8e21c7a148cbaacbf8e82c3d46d9a32",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_watch_account_no_truncate_8491c",
                            table="handoff_watchaccount",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
