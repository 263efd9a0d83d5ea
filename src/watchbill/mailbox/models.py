"""Threads of a shared mailbox, the letters in each, and its story. Contents are written by outsiders: hostile text."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from watchbill.audit.models import append_only
from watchbill.intake.models import Mailbox
from watchbill.people.models import Person

BOARD = (F("due_at").asc(nulls_last=True), F("last_at").desc(), F("id").desc())  # the order of every list
STATES = ["open", "no_action", "completed", "duplicate", "spam"]


class Thread(models.Model):
    """What somebody wrote to a mailbox, with every answer. One person is accountable for it. For the mailbox's team alone."""

    class State(models.TextChoices):
        OPEN = "open"
        NO_ACTION = "no_action"
        COMPLETED = "completed"
        DUPLICATE = "duplicate"
        SPAM = "spam"

    number = models.BigIntegerField(unique=True)  # drawn: nobody counts threads by it
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="threads", db_index=False)
    subject = models.CharField(max_length=1024, blank=True)
    sender = models.CharField(max_length=320, blank=True)  # whoever wrote first, as far as a list tells
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    before = models.CharField(max_length=10, choices=State, blank=True, default="")  # what it was before it became spam
    accountable = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")
    link = models.CharField(max_length=2000, blank=True, default="")  # where its list shows it
    issue_url = models.CharField(max_length=2000, blank=True, default="")  # label `Tracked`
    automatic = models.BooleanField(default=False)  # a machine began it
    received_at = models.DateTimeField()
    last_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # when somebody must have followed it up; null: nothing is promised
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(*BOARD, name="thread_board", condition=Q(state="open")),
            models.Index(*BOARD, name="thread_board_all"),
            models.Index(F("mailbox"), F("received_at").desc(), name="thread_of_mailbox"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="thread_state"),
            models.CheckConstraint(condition=Q(state="open") ^ Q(closed_at__isnull=False), name="thread_closed_at"),
            models.CheckConstraint(condition=Q(state="duplicate") ^ Q(duplicate_of__isnull=True) | Q(state="spam"), name="thread_repeats"),
            models.CheckConstraint(condition=Q(due_at__isnull=True) | Q(state="open"), name="thread_due"),
        ]

    def __str__(self) -> str:
        return f"M-{self.number}"


class Letter(models.Model):
    """One mail of a thread, kept as it came. What is in `raw` is never opened but for its text; it leaves as bytes alone."""

    class Outgoing(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="letters", db_index=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)  # once in a mailbox
    message_id = models.BinaryField(max_length=32)  # digest: answers name it
    sent_id = models.CharField(max_length=998, blank=True, default="")  # the Message-ID itself: our answers name it
    refers = models.JSONField(default=list)
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # of one of ours
    sender = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=1024, blank=True)
    text = models.TextField(blank=True)
    files = models.JSONField(default=list)  # names of attachments
    remark = models.CharField(max_length=500, blank=True, default="")
    machine = models.CharField(max_length=300, blank=True, default="")  # why it is taken for a machine's
    doubt = models.CharField(max_length=300, blank=True, default="")  # why its sender may be somebody else
    size = models.BigIntegerField(default=0)
    raw = models.BinaryField(null=True)
    at = models.DateTimeField()
    outgoing = models.CharField(max_length=7, choices=Outgoing, blank=True, default="")  # of one of ours: how far it is
    to = models.CharField(max_length=320, blank=True, default="")
    attempts = models.IntegerField(default=0)
    try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["thread", "id"], name="letter_of_thread"),
            models.Index(fields=["mailbox", "message_id"], name="letter_answered"),
            models.Index(fields=["mailbox", "try_at"], name="letter_waits", condition=Q(outgoing="waiting")),
            models.Index(fields=["mailbox", "to", "at"], name="letter_to", condition=~Q(outgoing="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "digest"], name="letter_once"),
            models.CheckConstraint(condition=Q(outgoing__in=["", "waiting", "sent", "failed"]), name="letter_outgoing"),
            models.CheckConstraint(condition=Q(outgoing="waiting") ^ Q(try_at__isnull=True), name="letter_try_at"),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"


class Entry(models.Model):
    """A line of the story of a thread. Append-only."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="story", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    via = models.CharField(max_length=40, blank=True, default="")
    text = models.CharField(max_length=2000)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [models.Index(fields=["thread", "id"], name="thread_story")]
        triggers = append_only("thread_story")

    def __str__(self) -> str:
        return f"{self.kind} of {self.thread_id}"
