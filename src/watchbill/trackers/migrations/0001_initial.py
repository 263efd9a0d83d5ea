import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from watchbill.kernel.migrating import CreateTogether


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Issue",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("project", models.CharField(max_length=300)),
                        ("changes", models.BooleanField(default=False)),
                        ("number", models.BigIntegerField()),
                        ("title", models.CharField(max_length=1024)),
                        ("url", models.CharField(max_length=2000)),
                        (
                            "labels",
                            django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), default=list, size=None),
                        ),
                        ("severity", models.CharField(blank=True, default="", max_length=8)),
                        ("author", models.CharField(blank=True, default="", max_length=200)),
                        ("author_is_bot", models.BooleanField(default=False)),
                        (
                            "assignees",
                            django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, size=None),
                        ),
                        ("described", models.BooleanField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Open"), ("closed", "Closed"), ("gone", "Gone")], default="open", max_length=6
                            ),
                        ),
                        ("confidential", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("seen_at", models.DateTimeField()),
                        ("word_at", models.DateTimeField(null=True)),
                        ("word_by", models.CharField(blank=True, default="", max_length=200)),
                        ("words_to", models.DateTimeField(null=True)),
                        ("listen_at", models.DateTimeField(null=True)),
                        (
                            "tracker",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="issues", to="trackers.tracker"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "open")), fields=["tracker", "project", "-updated_at"], name="issue_open"
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("state", "open")), fields=["labels"], name="issue_labels"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("tracker", "project", "changes", "number"), name="issue_once"),
                            models.CheckConstraint(condition=models.Q(("state__in", ["open", "closed", "gone"])), name="issue_state"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Tracker",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=200, unique=True)),
                        ("kind", models.CharField(max_length=16)),
                        ("url", models.CharField(max_length=2000)),
                        ("token_env", models.CharField(max_length=120)),
                        ("webhook_env", models.CharField(blank=True, default="", max_length=120)),
                        ("writes", models.JSONField(default=list)),
                        ("tells", models.JSONField(default=list)),
                        ("people", models.JSONField(default=dict)),
                        ("position", models.IntegerField(default=0)),
                        ("is_active", models.BooleanField(default=True)),
                        ("looked_at", models.DateTimeField(null=True)),
                        ("account", models.CharField(blank=True, default="", max_length=200)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("heard_at", models.DateTimeField(null=True)),
                        ("wait_until", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Link",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("incident_id", models.BigIntegerField(null=True, unique=True)),
                        ("draft", models.JSONField(null=True)),
                        ("project", models.CharField(max_length=300)),
                        ("labels", models.JSONField(default=list)),
                        ("confidential", models.BooleanField(default=True)),
                        ("origin", models.CharField(choices=[("made", "Made"), ("promoted", "Promoted")], default="made", max_length=8)),
                        ("told", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        (
                            "issue",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="links", to="trackers.issue"
                            ),
                        ),
                        (
                            "tracker",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="links", to="trackers.tracker"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("origin__in", ["made", "promoted"])), name="link_origin"),
                            models.CheckConstraint(
                                condition=models.Q(("incident_id__isnull", False), ("draft__isnull", False), _connector="XOR"),
                                name="link_about_one_thing",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("delivery", models.CharField(max_length=200)),
                        ("event", models.CharField(blank=True, default="", max_length=100)),
                        ("body", models.BinaryField()),
                        ("project", models.CharField(blank=True, default="", max_length=300)),
                        ("number", models.BigIntegerField(null=True)),
                        ("changes", models.BooleanField(default=False)),
                        ("received_at", models.DateTimeField()),
                        ("handled_at", models.DateTimeField(null=True)),
                        (
                            "tracker",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="trackers.tracker",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("handled_at__isnull", True)), fields=["tracker", "id"], name="delivery_waits"),
                            models.Index(fields=["received_at"], name="delivery_at"),
                        ],
                        "constraints": [models.UniqueConstraint(fields=("tracker", "delivery"), name="delivery_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Write",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("create", "Create"),
                                    ("comment", "Comment"),
                                    ("assign", "Assign"),
                                    ("state", "State"),
                                    ("label", "Label"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("entry", models.JSONField(null=True)),
                        ("wanted", models.IntegerField(default=1)),
                        ("done", models.IntegerField(default=0)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("tries", models.IntegerField(default=0)),
                        ("doubt", models.BooleanField(default=False)),
                        ("lease_instance", models.BigIntegerField(null=True)),
                        ("lease_until", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("given_up", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                        (
                            "link",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="pending", to="trackers.link"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="write_due")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "comment"), _negated=True), fields=("link", "kind"), name="write_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["create", "comment", "assign", "state", "label"])), name="write_kind"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Source",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("project", models.CharField(max_length=300)),
                        ("changes", models.BooleanField(default=False)),
                        ("wanted", models.BooleanField(default=True)),
                        ("cursor", models.DateTimeField(null=True)),
                        ("etag", models.CharField(blank=True, default="", max_length=300)),
                        ("due_at", models.DateTimeField()),
                        ("read_at", models.DateTimeField(null=True)),
                        ("swept_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("tries", models.IntegerField(default=0)),
                        (
                            "tracker",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="sources", to="trackers.tracker"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(condition=models.Q(("wanted", True)), fields=["due_at"], name="source_due")],
                        "constraints": [models.UniqueConstraint(fields=("tracker", "project", "changes"), name="source_once")],
                    },
                ),
            ]
        ),
    ]
