"""What came in: keys, raw events, deduplicated alerts."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from watchbill.incidents.models import Incident, Service, Severity
from watchbill.people.models import Person, Team


class IntegrationKey(models.Model):
    """The address of a service for its monitors. Only the hash is kept; it is shown once."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=16)  # one of intake.rules.KINDS
    name = models.CharField(max_length=120, blank=True, default="")
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=8)
    heartbeat = models.ForeignKey("Heartbeat", null=True, on_delete=models.CASCADE, related_name="keys")  # of kind heartbeat
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


class StoredAgain(models.Model):
    """A commit that stored what an earlier one may have stored: of what comes late, each service takes in one commit alone."""

    batch = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField(db_index=True)  # the number of the first commit
    after = models.BigIntegerField()  # an event that was there before all of them: theirs have larger ids

    def __str__(self) -> str:
        return f"commit {self.batch}"


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
    sources = ArrayField(
        models.BigIntegerField(), default=list
    )  # services whose monitors say so, where a route led here; empty: its own alone

    class Meta:
        indexes = [
            models.Index(fields=["incident", "first_at"], name="alert_incident"),
            models.Index(fields=["incident"], name="alert_incident_firing", condition=Q(state="firing")),
            models.Index(fields=["service", "dedup_key", "-id"], name="alert_key"),  # what was it the last time?
            models.Index(fields=["dedup_key"], name="alert_sent", condition=Q(state="firing") & ~Q(sources=[])),
        ]
        constraints = [
            models.UniqueConstraint(fields=["service", "dedup_key"], name="alert_firing_once", condition=Q(state="firing")),
            models.CheckConstraint(condition=Q(state__in=["firing", "resolved"]), name="alert_state"),
        ]

    def __str__(self) -> str:
        return f"alert {self.id}"


class RouteUse(models.Model):
    """How often a route of a service fitted: what it drops is counted, never silent."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    mark = models.CharField(max_length=16)  # digest of what the route says
    dropped = models.BooleanField()
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "mark", "dropped"], name="route_use_once")]

    def __str__(self) -> str:
        return f"route {self.mark} of {self.service_id}"


class Maintenance(models.Model):
    """A service is worked on: its alerts are kept and wake nobody. `starts_at` and `ends_at` are the time that runs or comes next."""

    class State(models.TextChoices):
        COMING = "coming"
        RUNNING = "running"
        OVER = "over"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="maintenances")
    state = models.CharField(max_length=8, choices=State, default=State.COMING)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # when the engine must look at it; null: it is over
    when = models.JSONField(default=dict)  # {field: value or /pattern/}; empty: every alert of the service
    reason = models.CharField(max_length=500)
    zone = models.CharField(max_length=64, default="UTC")
    every_days = models.IntegerField(null=True)  # it recurs
    clock_begins = models.CharField(max_length=26, blank=True, default="")  # of the first time, as the zone's clock shows it
    clock_ends = models.CharField(max_length=26, blank=True, default="")
    until = models.DateTimeField(null=True)  # it does not begin again from then on
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # ended by hand, before its time
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="maintenance_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["service"], name="maintenance_service", condition=~Q(state="over")),
            models.Index(fields=["-ends_at"], name="maintenance_ended"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["coming", "running", "over"]), name="maintenance_state"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="maintenance_has_length"),
            models.CheckConstraint(condition=Q(state="over") | Q(due_at__isnull=False), name="maintenance_never_forgotten"),
        ]

    def __str__(self) -> str:
        return f"maintenance {self.id}"


class HeldBack(models.Model):
    """An incident whose page a maintenance held back: the evidence of what was quiet, and why."""

    maintenance = models.ForeignKey(Maintenance, on_delete=models.PROTECT, related_name="held_back")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["maintenance", "incident"], name="held_back_once")]

    def __str__(self) -> str:
        return f"{self.incident_id} in maintenance {self.maintenance_id}"


class Heartbeat(models.Model):
    """Something that must give a sign of life. The front door writes `last_at` and nothing else."""

    name = models.CharField(max_length=200, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="heartbeats")
    every_seconds = models.BigIntegerField()
    grace_seconds = models.BigIntegerField(default=0)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.HIGH)
    is_active = models.BooleanField(default=True)
    fresh_from = models.DateTimeField()  # its interval counts from then at the earliest
    last_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)  # since when it is late, and its alert fires
    due_at = models.DateTimeField()  # when the engine must look at it

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="heartbeat_due", condition=Q(is_active=True)),
            models.Index(fields=["id"], name="heartbeat_late", condition=Q(late_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class Listening(models.Model):
    """Could signs of life be heard? One row, written by the front doors as long as they can store one."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    last_at = models.DateTimeField()
    since = models.DateTimeField()  # without a gap
    gap_from = models.DateTimeField(null=True)  # the last gap: from then until `since`
    told_since = models.DateTimeField(null=True)  # the gap before that is in the audit

    def __str__(self) -> str:
        return f"listening since {self.since}"


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
    writes = models.JSONField(default=list)  # answer: people of the team answer threads by mail; empty: it is only read
    automatic_answer = models.CharField(max_length=2000, blank=True, default="")  # sent once a day to whoever writes; empty: nothing
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
        REPORT = "report"  # kept in a thread of a shared mailbox
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
