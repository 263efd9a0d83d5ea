"""Issue trackers of this installation, the issues and change requests that are mirrored from them, and what is to be written there."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q


class Tracker(models.Model):
    """A tracker as the configuration file names it. Secrets stay in the environment; only the names of their variables are here."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=16)  # gitlab | github
    url = models.CharField(max_length=2000)  # of GitLab itself, of GitHub's API
    token_env = models.CharField(max_length=120)
    webhook_env = models.CharField(max_length=120, blank=True, default="")
    writes = models.JSONField(default=list)  # what may be written: create_issue, comment, assign, label, close
    tells = models.JSONField(default=list)  # what of an issue its incident's story tells: comment, state, assignee
    people = models.JSONField(default=dict)  # who is who there: {handle: user name}
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    looked_at = models.DateTimeField(null=True)  # when an engine last asked whether it answers
    account = models.CharField(max_length=200, blank=True, default="")  # as whom it knows us
    error = models.CharField(max_length=500, blank=True, default="")  # why it does not answer
    heard_at = models.DateTimeField(null=True)  # the last webhook that proved itself
    wait_until = models.DateTimeField(null=True)  # it asked to be left alone so long

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """A project that is read: how far, and when next. Rows stay when nothing names the project any more; `wanted` says whether it is read."""

    tracker = models.ForeignKey(Tracker, on_delete=models.PROTECT, related_name="sources", db_index=False)
    project = models.CharField(max_length=300)
    changes = models.BooleanField(default=False)  # change requests, in the place of issues
    wanted = models.BooleanField(default=True)
    cursor = models.DateTimeField(null=True)  # everything that changed before it is here; null: never read
    etag = models.CharField(max_length=300, blank=True, default="")  # of the last answer to the question after `cursor`
    due_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # when it was last read to its end
    swept_at = models.DateTimeField(null=True)  # when all that is open here was last looked for there
    error = models.CharField(max_length=500, blank=True, default="")
    tries = models.IntegerField(default=0)  # since it was last read to its end

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="source_due", condition=Q(wanted=True))]
        constraints = [models.UniqueConstraint(fields=["tracker", "project", "changes"], name="source_once")]

    def __str__(self) -> str:
        return self.project


class Issue(models.Model):
    """An issue or a change request as its tracker last showed it. What is in it was written by others: hostile text."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        GONE = "gone"  # deleted, moved, or not shown to us any more

    tracker = models.ForeignKey(Tracker, on_delete=models.PROTECT, related_name="issues", db_index=False)
    project = models.CharField(max_length=300)
    changes = models.BooleanField(default=False)
    number = models.BigIntegerField()
    title = models.CharField(max_length=1024)
    url = models.CharField(max_length=2000)
    labels = ArrayField(models.CharField(max_length=300), default=list)
    severity = models.CharField(max_length=8, blank=True, default="")  # by its labels; empty: they say none
    author = models.CharField(max_length=200, blank=True, default="")
    author_is_bot = models.BooleanField(default=False)
    assignees = ArrayField(models.CharField(max_length=200), default=list)
    described = models.BooleanField(null=True)  # does its description say what it is? null: not known
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    confidential = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()  # when it was first mirrored
    word_at = models.DateTimeField(null=True)  # the last human word: no bot, no label, nothing of ours
    word_by = models.CharField(max_length=200, blank=True, default="")
    words_to = models.DateTimeField(null=True)  # its `updated_at` when its comments were last read
    listen_at = models.DateTimeField(null=True)  # reading them failed: not again before

    class Meta:
        indexes = [
            models.Index(fields=["tracker", "project", "-updated_at"], name="issue_open", condition=Q(state="open")),
            GinIndex(fields=["labels"], name="issue_labels", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tracker", "project", "changes", "number"], name="issue_once"),
            models.CheckConstraint(condition=Q(state__in=["open", "closed", "gone"]), name="issue_state"),
        ]

    def __str__(self) -> str:
        return f"{self.project}{'!' if self.changes else '#'}{self.number}"


class Link(models.Model):
    """The tracking issue of an incident: one that is to be made, was made, or was there before."""

    class Origin(models.TextChoices):
        MADE = "made"
        PROMOTED = "promoted"  # the incident was made of it

    incident_id = models.BigIntegerField(unique=True)
    tracker = models.ForeignKey(Tracker, on_delete=models.PROTECT, related_name="links", db_index=False)
    project = models.CharField(max_length=300)
    labels = models.JSONField(default=list)  # that it gets when it is made
    confidential = models.BooleanField(default=True)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.MADE)
    issue = models.ForeignKey(Issue, null=True, on_delete=models.PROTECT, related_name="links")
    told = models.JSONField(default=dict)  # what its incident's story last told of it: {state, assignees, to}
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(origin__in=["made", "promoted"]), name="link_origin")]

    def __str__(self) -> str:
        return f"incident {self.incident_id} in {self.project}"


class Write(models.Model):
    """Something to write on a tracking issue. Due while `wanted` is ahead of `done`; whoever writes holds the lease.

    Comments are a row each. Of assignee, state and labels there is one row: what is written is read when it is written, so that only the
    latest state ever goes out.
    """

    class Kind(models.TextChoices):
        CREATE = "create"
        COMMENT = "comment"
        ASSIGN = "assign"
        STATE = "state"
        LABEL = "label"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)  # stands in what is written, so that a lost answer finds it again
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="pending", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    entry = models.JSONField(null=True)  # of a comment: {text, by} of a note, {handoff}
    wanted = models.IntegerField(default=1)
    done = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)  # since the last success
    doubt = models.BooleanField(default=False)  # a try ended without an answer: it is looked for before it is done again
    lease_instance = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")  # of the last try, when it failed
    given_up = models.BooleanField(default=False)  # not tried again before something changes
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="write_due", condition=Q(due_at__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["link", "kind"], name="write_once", condition=~Q(kind="comment")),
            models.CheckConstraint(condition=Q(kind__in=["create", "comment", "assign", "state", "label"]), name="write_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.link_id}"


class Delivery(models.Model):
    """A webhook that proved itself, as it came. A hint: what is true is asked of the tracker."""

    tracker = models.ForeignKey(Tracker, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    delivery = models.CharField(max_length=200)  # what the tracker calls it, or a digest of the body
    event = models.CharField(max_length=100, blank=True, default="")
    body = models.BinaryField()
    project = models.CharField(max_length=300, blank=True, default="")
    number = models.BigIntegerField(null=True)
    changes = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tracker", "id"], name="delivery_waits", condition=Q(handled_at__isnull=True)),
            models.Index(fields=["received_at"], name="delivery_at"),
        ]
        constraints = [models.UniqueConstraint(fields=["tracker", "delivery"], name="delivery_once")]

    def __str__(self) -> str:
        return self.delivery
