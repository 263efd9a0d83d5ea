import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
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
                    name="Chat",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("kind", models.CharField(max_length=16)),
                        ("url", models.CharField(blank=True, default="", max_length=2000)),
                        ("token_env", models.CharField(max_length=120)),
                        ("signing_env", models.CharField(blank=True, default="", max_length=120)),
                        ("app_token_env", models.CharField(blank=True, default="", max_length=120)),
                        ("writes", models.JSONField(default=list)),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                        ("looked_at", models.DateTimeField(null=True)),
                        ("said", models.CharField(blank=True, default="", max_length=200)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("heard_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Contact",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("kind", models.CharField(max_length=16)),
                        ("address", models.CharField(max_length=2000)),
                        ("secret_env", models.CharField(blank=True, default="", max_length=120)),
                        ("position", models.IntegerField(default=0)),
                        ("verified_at", models.DateTimeField(null=True)),
                        ("verified_by", models.CharField(blank=True, default="", max_length=16)),
                        ("own", models.BooleanField(default=False)),
                        ("silent_at", models.DateTimeField(null=True)),
                        ("unproven_told_at", models.DateTimeField(null=True)),
                        ("removed_at", models.DateTimeField(null=True)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["person"], name="contact_person")],
                    },
                ),
                migrations.CreateModel(
                    name="LastPage",
                    fields=[
                        (
                            "person",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("page_id", models.BigIntegerField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Phone",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=64, unique=True)),
                        ("kind", models.CharField(max_length=16)),
                        ("url", models.CharField(max_length=2000)),
                        ("sender", models.CharField(blank=True, default="", max_length=20)),
                        ("account_env", models.CharField(blank=True, default="", max_length=120)),
                        ("token_env", models.CharField(blank=True, default="", max_length=120)),
                        ("secret_env", models.CharField(blank=True, default="", max_length=120)),
                        ("sends", models.JSONField(default=list)),
                        ("per_person", models.IntegerField()),
                        ("overall", models.IntegerField()),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="ContactCode",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("digest", models.CharField(max_length=64)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("attempts", models.IntegerField(default=0)),
                        ("notification_id", models.BigIntegerField(default=0)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "contact",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="codes", to="notifications.contact"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["person", "created_at"], name="contact_code_person")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at", None)), fields=("contact",), name="contact_code_one_open"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Drill",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("schedule_id", models.BigIntegerField(null=True)),
                        ("shift_start", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("answer_by", models.DateTimeField()),
                        ("notifications", models.JSONField(default=list)),
                        ("skipped", models.JSONField(default=list)),
                        ("answers", models.JSONField(default=dict)),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("told_at", models.DateTimeField(null=True)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="drills", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["person", "-created_at"], name="drill_person"),
                            models.Index(
                                condition=models.Q(
                                    ("answered_at__isnull", True), ("schedule_id__isnull", False), ("told_at__isnull", True)
                                ),
                                fields=["answer_by"],
                                name="drill_untold",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("schedule_id__isnull", False)),
                                fields=("person", "schedule_id", "shift_start"),
                                name="drill_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Heard",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("digest", models.CharField(max_length=64)),
                        ("at", models.DateTimeField()),
                        ("answer", models.TextField(default=None, null=True)),
                        (
                            "chat",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="heard", to="notifications.chat"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["at"], name="heard_at")],
                        "constraints": [models.UniqueConstraint(fields=("chat", "digest"), name="heard_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Notification",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("page", "Page"),
                                    ("status", "Status"),
                                    ("handoff", "Handoff"),
                                    ("duty", "Duty"),
                                    ("drill", "Drill"),
                                    ("clock", "Clock"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("page_id", models.BigIntegerField(null=True)),
                        ("firing", models.IntegerField(null=True)),
                        ("incident_id", models.BigIntegerField(null=True)),
                        ("service_id", models.BigIntegerField(null=True)),
                        ("urgency", models.CharField(default="high", max_length=4)),
                        ("rule", models.IntegerField(default=0)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("leased", "Leased"),
                                    ("sent", "Sent"),
                                    ("delivered", "Delivered"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("bundled", "Bundled"),
                                    ("merged", "Merged"),
                                ],
                                default="queued",
                                max_length=10,
                            ),
                        ),
                        ("due_at", models.DateTimeField()),
                        ("first_page", models.BooleanField(default=False)),
                        ("held", models.BooleanField(default=False)),
                        ("tries", models.IntegerField(default=0)),
                        ("confirm_by", models.DateTimeField(null=True)),
                        ("withdrawn", models.BooleanField(default=False)),
                        ("lease_instance", models.BigIntegerField(null=True)),
                        ("lease_until", models.DateTimeField(null=True)),
                        ("possible_duplicate", models.BooleanField(default=False)),
                        ("content", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("error", models.TextField(blank=True, default="")),
                        (
                            "bundle",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="notifications.notification",
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="notifications.contact",
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
                            models.Index(condition=models.Q(("state", "queued")), fields=["due_at"], name="notification_due"),
                            models.Index(
                                condition=models.Q(("first_page", True), ("state", "queued")),
                                fields=["due_at"],
                                name="notification_due_first",
                            ),
                            models.Index(
                                condition=models.Q(("held", True), ("state", "queued")), fields=["person"], name="notification_held"
                            ),
                            models.Index(condition=models.Q(("bundle__isnull", False)), fields=["bundle"], name="notification_bundle"),
                            models.Index(condition=models.Q(("state", "leased")), fields=["lease_until"], name="notification_leased"),
                            models.Index(
                                condition=models.Q(("confirm_by__isnull", False), ("state", "sent")),
                                fields=["confirm_by"],
                                name="notification_confirm",
                            ),
                            models.Index(fields=["page_id", "firing"], name="notification_page"),
                            models.Index(fields=["incident_id"], name="notification_incident"),
                            models.Index(
                                condition=models.Q(("state__in", ["queued", "leased"])),
                                fields=["person", "state"],
                                name="notification_person",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["page", "status", "handoff", "duty", "drill", "clock"])),
                                name="notification_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["queued", "leased", "sent", "delivered", "failed", "cancelled", "bundled", "merged"])
                                ),
                                name="notification_state",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Attempt",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("n", models.IntegerField()),
                        ("started_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField()),
                        ("outcome", models.CharField(max_length=10)),
                        ("detail", models.CharField(blank=True, default="", max_length=500)),
                        ("instance", models.BigIntegerField(null=True)),
                        (
                            "notification",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="notifications.notification"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=["started_at"], name="attempt_started")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Posting",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                        ("incident_id", models.BigIntegerField(null=True)),
                        ("notice", models.JSONField(null=True)),
                        ("channel", models.CharField(max_length=200)),
                        ("notification_id", models.BigIntegerField(null=True)),
                        ("also", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None)),
                        ("room", models.BooleanField(default=False)),
                        ("wanted", models.IntegerField(default=1)),
                        ("shown", models.IntegerField(default=0)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("place", models.CharField(blank=True, default="", max_length=64)),
                        ("message", models.CharField(blank=True, default="", max_length=64)),
                        ("digest", models.CharField(blank=True, default="", max_length=64)),
                        ("tries", models.IntegerField(default=0)),
                        ("doubt", models.BooleanField(default=False)),
                        ("lease_instance", models.BigIntegerField(null=True)),
                        ("lease_until", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("given_up", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField()),
                        ("posted_at", models.DateTimeField(null=True)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "chat",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="postings",
                                to="notifications.chat",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="posting_due"),
                            models.Index(fields=["incident_id"], name="posting_incident"),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("also__isnull", False)), fields=["also"], name="posting_also"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("room", False)), fields=("incident_id", "chat", "channel"), name="posting_once"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("room", True)), fields=("incident_id", "chat"), name="posting_one_room"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("incident_id__isnull", False), ("notice__isnull", False), _connector="XOR"),
                                name="posting_about_one_thing",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderTest",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("provider", models.CharField(max_length=80, unique=True)),
                        ("due_at", models.DateTimeField()),
                        ("asked_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("works", models.BooleanField(null=True)),
                        ("confirmed", models.BooleanField(default=False)),
                        ("detail", models.CharField(blank=True, default="", max_length=500)),
                        ("told_at", models.DateTimeField(null=True)),
                        (
                            "notification",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="notifications.notification"
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PushKey",
                    fields=[
                        ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("public", models.CharField(max_length=120)),
                        ("private", models.TextField()),
                        ("created_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="push_key_is_one")],
                    },
                ),
                migrations.CreateModel(
                    name="Receipt",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("provider", models.CharField(max_length=64)),
                        ("sid", models.CharField(max_length=120)),
                        ("event", models.CharField(max_length=64)),
                        ("person_id", models.BigIntegerField(null=True)),
                        ("verdict", models.CharField(blank=True, default="", max_length=8)),
                        ("detail", models.CharField(blank=True, default="", max_length=500)),
                        ("answer", models.TextField(blank=True, default="")),
                        ("at", models.DateTimeField()),
                        (
                            "notification",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="receipts",
                                to="notifications.notification",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("provider", "sid", "event"), name="receipt_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Rule",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("urgency", models.CharField(max_length=4)),
                        ("after_seconds", models.IntegerField()),
                        ("kinds", models.JSONField()),
                        ("position", models.IntegerField(default=0)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="rules", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["person", "urgency"], name="rule_person")],
                        "constraints": [models.CheckConstraint(condition=models.Q(("urgency__in", ["high", "low"])), name="rule_urgency")],
                    },
                ),
                migrations.CreateModel(
                    name="ChatLink",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("user", models.CharField(max_length=64)),
                        ("user_name", models.CharField(blank=True, default="", max_length=200)),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("expires_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField(null=True)),
                        (
                            "chat",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="links", to="notifications.chat"),
                        ),
                        (
                            "used_by",
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
                        "indexes": [models.Index(fields=["expires_at"], name="chat_link_ends")],
                    },
                ),
                migrations.CreateModel(
                    name="ChatName",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200)),
                        ("user", models.CharField(max_length=64)),
                        ("resolved_at", models.DateTimeField()),
                        (
                            "chat",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="names", to="notifications.chat"),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("chat", "name"), name="chat_name_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Device",
                    fields=[
                        (
                            "contact",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="device",
                                serialize=False,
                                to="notifications.contact",
                            ),
                        ),
                        ("endpoint_hash", models.CharField(max_length=64)),
                        ("subscription", models.TextField(blank=True, default="")),
                        ("label", models.CharField(max_length=80)),
                        ("created_at", models.DateTimeField()),
                        ("last_success_at", models.DateTimeField(null=True)),
                        ("last_error", models.CharField(blank=True, default="", max_length=300)),
                        ("last_error_at", models.DateTimeField(null=True)),
                        ("gone_why", models.CharField(blank=True, default="", max_length=300)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("subscription", ""), _negated=True),
                                fields=("endpoint_hash",),
                                name="device_endpoint_once",
                            )
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="attempt",
                    trigger=pgtrigger.compiler.Trigger(
                        name="attempt_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="d5ce83f6a030cce77daa38d7f418404dea7db23f",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_attempt_append_only_d360b",
                            table="notifications_attempt",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="attempt",
                    trigger=pgtrigger.compiler.Trigger(
                        name="attempt_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="f29d5d4e49be696951ed707e7d4ee721b311b8b8",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_attempt_no_truncate_2ce74",
                            table="notifications_attempt",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="receipt",
                    trigger=pgtrigger.compiler.Trigger(
                        name="receipt_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a87797ab1b90fd4648f8453da6089f7732551187",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_receipt_append_only_57b10",
                            table="notifications_receipt",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="receipt",
                    trigger=pgtrigger.compiler.Trigger(
                        name="receipt_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'this table is append-only';",
                            hash="8a0cd136e5469a948c32769d4bd28bf9b7a0416b",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_receipt_no_truncate_b262c",
                            table="notifications_receipt",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
