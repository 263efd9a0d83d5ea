"""What came in: keys, raw events, deduplicated alerts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from watchbill.incidents.models import Incident, Service, Severity
from watchbill.people.models import Team


class IntegrationKey(models.Model):
    """The address of a service for its monitors. Only the hash is kept; it is shown once."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=16)  # one of intake.rules.KINDS
    name = models.CharField(max_length=120, blank=True, default="")
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # of a rotated key: works until then
    revoked_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    mapping = models.JSONField(null=True)  # where the fields stand in the monitor's JSON; null: found by their usual names
    follows = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="followed_by")  # the key that it replaces

    def __str__(self) -> str:
        return f"key ...{self.hint}"


class Event(models.Model):
    """One thing that came in, raw and replayable. Written by the front door before it answers."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        ASIDE = "aside"  # could not be taken in; counted and shown
        LEFT = "left"  # a rule left it out (an answer of a robot, a sender who is not on the list): counted, shown, says nothing

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(IntegrationKey, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=16)  # events | change | alertmanager | ...: which parser reads `body`
    received_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)  # of one that waited in a journal: when it was heard; null: as received
    dedup_key = models.CharField(max_length=255, blank=True, default="")
    body = models.BinaryField()  # as it came
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    tries = models.SmallIntegerField(default=0)
    outcome = models.CharField(max_length=500, blank=True, default="")  # what it did, in words
    # The commit that wrote it, drawn by its writer: a writer that lost its connection looks here whether the commit happened.
    batch = models.BigIntegerField(null=True)
    retry_at = models.DateTimeField(null=True)  # after a failed try: not before then

    class Meta:
        indexes = [
            models.Index(fields=["service", "id"], name="event_pending", condition=Q(state="pending")),
            models.Index(fields=["id"], name="event_aside", condition=Q(state="aside")),
            models.Index(fields=["key", "-id"], name="event_left", condition=Q(state="left")),
            models.Index(fields=["key", "-id"], name="event_key"),  # the log of a key
            models.Index(fields=["dedup_key"], name="event_request", condition=Q(kind="opsgenie")),  # what became of a request?
        ]
        constraints = [models.CheckConstraint(condition=Q(state__in=["pending", "done", "aside", "left"]), name="event_state")]

    def __str__(self) -> str:
        return f"event {self.id}"


class Alert(models.Model):
    """A deduplicated condition. Its key is service + dedup key while it fires; a trigger after resolved is a new alert."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    dedup_key = models.CharField(max_length=255)
    state = models.CharField(max_length=8, default="firing")  # firing | resolved
    severity = models.CharField(max_length=8, choices=Severity)
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=1024, blank=True, default="")
    component = models.CharField(max_length=1024, blank=True, default="")
    group = models.CharField(max_length=1024, blank=True, default="")
    event_class = models.CharField(max_length=1024, blank=True, default="")
    details = models.JSONField(default=dict)
    links = models.JSONField(default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)  # by its source: a mark, no owner
    count = models.IntegerField(default=1)  # events

    class Meta:
        indexes = [
            models.Index(fields=["incident", "first_at"], name="alert_incident"),
            models.Index(fields=["incident"], name="alert_incident_firing", condition=Q(state="firing")),
            models.Index(fields=["service", "dedup_key", "-id"], name="alert_key"),  # what was it the last time?
        ]
        constraints = [
            models.UniqueConstraint(fields=["service", "dedup_key"], name="alert_firing_once", condition=Q(state="firing")),
            models.CheckConstraint(condition=Q(state__in=["firing", "resolved"]), name="alert_state"),
        ]

    def __str__(self) -> str:
        return f"alert {self.id}"


class Mailbox(models.Model):
    """A mailbox that is read, and how far it has been read. Its password stays in the environment."""

    name = models.CharField(max_length=200, unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    imap_env = models.CharField(max_length=120)
    address = models.CharField(max_length=254)
    purposes = models.JSONField(default=list)  # alerts | replies | reports
    service = models.ForeignKey(Service, null=True, on_delete=models.PROTECT, related_name="+")  # mail to the plain address is for it
    senders = models.JSONField(default=list)  # addresses and @domains whose mails make alerts; empty: everybody's
    folder = models.CharField(max_length=200, default="INBOX")
    move_to = models.CharField(max_length=200, blank=True, default="")
    authserv = models.CharField(max_length=254, blank=True, default="")
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    uid_validity = models.BigIntegerField(default=0)  # of the folder, when it was last read; 0: never
    last_uid = models.BigIntegerField(default=0)  # everything up to here is kept
    read_at = models.DateTimeField(null=True)  # when the server last answered
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)  # attempts to read it that failed, in all
    last_error = models.CharField(max_length=500, blank=True, default="")

    def __str__(self) -> str:
        return self.name


class Mail(models.Model):
    """A mail that was read, once, and what became of it. Its text is in its event, else only in the mailbox."""

    class Verdict(models.TextChoices):
        ALERT = "alert"  # stored as an event
        LEFT = "left"  # a rule left it out
        UNKNOWN = "unknown"  # to an address that is no key's
        REPLY = "reply"  # an answer that was understood
        REFUSED = "refused"  # an answer that was not its person's, or a robot's
        FAILED = "failed"  # could not be read or stored; stays in the mailbox

    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="mails", db_index=False)
    digest = models.BinaryField(max_length=32)  # of its Message-ID and where it goes; of the whole mail where it has none
    message_id = models.BinaryField(max_length=32)  # digest of the Message-ID alone: answers name it
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.CharField(max_length=300, blank=True, default="")
    key = models.ForeignKey(IntegrationKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    dedup_key = models.CharField(max_length=255, blank=True, default="")
    read_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["key", "message_id"], name="mail_thread"),
            models.Index(fields=["mailbox", "verdict"], name="mail_verdict"),
        ]
        constraints = [models.UniqueConstraint(fields=["digest", "mailbox"], name="mail_once")]

    def __str__(self) -> str:
        return f"mail {self.pk}"
