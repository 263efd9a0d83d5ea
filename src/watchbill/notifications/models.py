"""How a person is reached, what waits to be sent, and every attempt."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from watchbill.audit.models import append_only
from watchbill.notifications.chats import models as chats  # noqa: F401  Django looks for tables here
from watchbill.people.models import Person

# Null for a webhook that a policy names. Those rows are read by their page, never by their person; whoever comes from a person has one.
Owner = models.ForeignKey[Person, Person]


class Contact(models.Model):
    """One way to reach one person; without a person: a webhook that a policy names.

    `verified_by` is "operator" for contacts of the file, "code" for a person's own, "device" for a browser on which its person was signed in
    when they asked it to ring.
    """

    person: Owner = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="contacts")  # type: ignore[misc]
    kind = models.CharField(max_length=16)  # email | webhook | sms | voice | push | slack | apprise
    address = models.CharField(max_length=2000)
    secret_env = models.CharField(max_length=120, blank=True, default="")
    position = models.IntegerField(default=0)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.CharField(max_length=16, blank=True, default="")
    own = models.BooleanField(default=False)  # added by the person themself: no part of the configuration file
    silent_at = models.DateTimeField(null=True)  # its owner answered STOP: nothing is sent there until START
    unproven_told_at = models.DateTimeField(null=True)  # when the managers heard that its person did not prove it
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person"], name="contact_person")]
        constraints = [
            models.UniqueConstraint(fields=["address"], condition=Q(person=None), name="contact_of_nobody_once"),
            models.CheckConstraint(condition=Q(person__isnull=False) | Q(kind="webhook"), name="contact_of_nobody_is_webhook"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"


class ContactCode(models.Model):
    """A code that was sent through a contact, to be typed in by its person. Only its keyed hash is kept; one at most is open for a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="codes")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)  # wrong ones
    notification_id = models.BigIntegerField(default=0)  # the message that carried it
    ended_at = models.DateTimeField(null=True)  # used, or a newer one was sent

    class Meta:
        indexes = [models.Index(fields=["person", "created_at"], name="contact_code_person")]
        constraints = [models.UniqueConstraint(fields=["contact"], condition=Q(ended_at=None), name="contact_code_one_open")]

    def __str__(self) -> str:
        return f"code for contact {self.contact_id}"


class Drill(models.Model):
    """A test page to one person: one they asked for, or the one before a shift. `schedule_id` names a row of a higher layer."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="drills")
    schedule_id = models.BigIntegerField(null=True)  # of a drill: the watch that begins
    shift_start = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    answer_by = models.DateTimeField()  # not answered until then: it counts as unanswered
    notifications = models.JSONField(default=list)  # ids of what went out, in order
    skipped = models.JSONField(default=list)  # [[kind, why]]: contacts that could not be used
    answers = models.JSONField(default=dict)  # {notification id: [when, by which way]}
    answered_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # when the managers heard that nobody answered

    class Meta:
        indexes = [
            models.Index(fields=["person", "-created_at"], name="drill_person"),
            models.Index(
                fields=["answer_by"],
                name="drill_untold",
                condition=Q(schedule_id__isnull=False, answered_at__isnull=True, told_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "schedule_id", "shift_start"], condition=Q(schedule_id__isnull=False), name="drill_once"
            )
        ]

    def __str__(self) -> str:
        return f"drill of {self.person_id}"


class Device(models.Model):
    """A browser that rings by web push. Its contact's address is "device/KEY"; when it is gone, what could reach it is erased."""

    contact = models.OneToOneField(Contact, primary_key=True, on_delete=models.CASCADE, related_name="device")
    endpoint_hash = models.CharField(max_length=64)
    subscription = models.TextField(blank=True, default="")  # endpoint, p256dh, auth: encrypted by kernel.secrets
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    last_success_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    last_error_at = models.DateTimeField(null=True)
    gone_why = models.CharField(max_length=300, blank=True, default="")  # said to its person; empty when they removed it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint_hash"], condition=~Q(subscription=""), name="device_endpoint_once"),
        ]

    def __str__(self) -> str:
        return f"device of contact {self.contact_id}"


class PushKey(models.Model):
    """The installation's key pair for web push (VAPID), made when it is first needed. Changing it silences every device."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    public = models.CharField(max_length=120)  # uncompressed point, base64url: what browsers ask for
    private = models.TextField()  # 32 bytes in base64url, encrypted by kernel.secrets
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="push_key_is_one")]

    def __str__(self) -> str:
        return "push key"


class Rule(models.Model):
    """Personal rule: so long after a page reached the person's turn, use these contacts. `kinds` name kinds of contact."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="rules")
    urgency = models.CharField(max_length=4)  # high | low
    after_seconds = models.IntegerField()
    kinds = models.JSONField()  # ["push", "email"]
    position = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["person", "urgency"], name="rule_person")]
        constraints = [models.CheckConstraint(condition=Q(urgency__in=["high", "low"]), name="rule_urgency")]

    def __str__(self) -> str:
        return f"{self.urgency} rule of {self.person_id}"


class Notification(models.Model):
    """One message to one person, or to a webhook that a policy names, by one contact method: the outbox. `page_id` and `incident_id` name rows of higher layers."""

    class Kind(models.TextChoices):
        PAGE = "page"
        STATUS = "status"
        HANDOFF = "handoff"
        DUTY = "duty"
        DRILL = "drill"
        CLOCK = "clock"

    class State(models.TextChoices):
        QUEUED = "queued"  # waits for due_at; a retry waits here too
        LEASED = "leased"  # an engine is sending it
        SENT = "sent"  # a provider took it; whether it reached anybody is not known yet
        DELIVERED = "delivered"
        FAILED = "failed"
        CANCELLED = "cancelled"  # no longer due: acknowledged, resolved
        BUNDLED = "bundled"  # went out inside `bundle`
        MERGED = "merged"  # the same method was due for the same page already

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)  # Idempotency-Key
    person: Owner = models.ForeignKey(  # type: ignore[misc]
        Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # null: the account's mail
    kind = models.CharField(max_length=8, choices=Kind)
    page_id = models.BigIntegerField(null=True)
    firing = models.IntegerField(null=True)  # which firing of the page asked for it
    incident_id = models.BigIntegerField(null=True)
    service_id = models.BigIntegerField(null=True)
    urgency = models.CharField(max_length=4, default="high")
    rule = models.IntegerField(default=0)  # position of the personal rule that asked for it
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField()
    first_page = models.BooleanField(default=False)  # the first page to this person of this incident: before everything else
    held = models.BooleanField(default=False)  # waits up to 3 s for others of the same person, to go as one
    tries = models.IntegerField(default=0)
    confirm_by = models.DateTimeField(null=True)  # when a sent one counts as not confirmed
    withdrawn = models.BooleanField(default=False)  # no longer due, noticed while it was being sent: not tried again
    lease_instance = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    possible_duplicate = models.BooleanField(default=False)
    bundle = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    content = models.JSONField(default=dict)  # number, title, severity, service, reason, restricted: what the texts are made of
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="notification_due", condition=Q(state="queued")),
            models.Index(fields=["due_at"], name="notification_due_first", condition=Q(state="queued", first_page=True)),
            models.Index(fields=["person"], name="notification_held", condition=Q(state="queued", held=True)),
            models.Index(fields=["bundle"], name="notification_bundle", condition=Q(bundle__isnull=False)),
            models.Index(fields=["lease_until"], name="notification_leased", condition=Q(state="leased")),
            models.Index(fields=["confirm_by"], name="notification_confirm", condition=Q(state="sent", confirm_by__isnull=False)),
            models.Index(fields=["page_id", "firing"], name="notification_page"),
            models.Index(fields=["incident_id"], name="notification_incident"),
            models.Index(fields=["person", "state"], name="notification_person", condition=Q(state__in=["queued", "leased"])),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["page", "status", "handoff", "duty", "drill", "clock"]), name="notification_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "leased", "sent", "delivered", "failed", "cancelled", "bundled", "merged"]),
                name="notification_state",
            ),
            models.CheckConstraint(  # what goes to nobody has no firing: it counts for nothing in the walk
                condition=Q(person__isnull=False) | Q(contact__isnull=False, firing__isnull=True), name="notification_to_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"


class LastPage(models.Model):
    """When a person was last paged, and for what: further pages within a minute wait a moment to go as one."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    page_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"last page to {self.person_id}"


class Attempt(models.Model):
    """One try to deliver, with its end. Append-only: a row is written when the try ended, or when its end became unknown."""

    notification = models.ForeignKey(Notification, on_delete=models.PROTECT, related_name="attempts")
    n = models.IntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=10)  # accepted | delivered | temporary | permanent | unknown
    detail = models.CharField(max_length=500, blank=True, default="")
    instance = models.BigIntegerField(null=True)

    class Meta:
        indexes = [BrinIndex(fields=["started_at"], name="attempt_started", autosummarize=True)]
        triggers = append_only("attempt")

    def __str__(self) -> str:
        return f"attempt {self.n} of {self.notification_id}"


class Phone(models.Model):
    """A provider that sends text messages or places calls. Its secrets stay in the environment; `position` is the order of fail-over."""

    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16)  # twilio | http
    url = models.CharField(max_length=2000)
    sender = models.CharField(max_length=20, blank=True, default="")  # the number that messages and calls come from
    account_env = models.CharField(max_length=120, blank=True, default="")
    token_env = models.CharField(max_length=120, blank=True, default="")
    secret_env = models.CharField(max_length=120, blank=True, default="")
    sends = models.JSONField(default=list)  # ["sms", "voice"]
    per_person = models.IntegerField()  # messages and calls to one person in an hour
    overall = models.IntegerField()  # to everybody in an hour
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Receipt(models.Model):
    """What a provider told afterwards: the state of a message or a call, a key, a reply. Append-only; the same told twice is one row."""

    provider = models.CharField(max_length=64)
    sid = models.CharField(max_length=120)  # the provider's name of the message or call
    event = models.CharField(max_length=64)  # "completed machine_start", "key 2 1", "reply"
    notification = models.ForeignKey(Notification, null=True, on_delete=models.PROTECT, related_name="receipts")
    person_id = models.BigIntegerField(null=True)  # who answered
    verdict = models.CharField(max_length=8, blank=True, default="")  # reached | failed | nothing yet
    detail = models.CharField(max_length=500, blank=True, default="")
    answer = models.TextField(blank=True, default="")  # what was answered, so that asking again hears the same
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "sid", "event"], name="receipt_once")]
        triggers = append_only("receipt")

    def __str__(self) -> str:
        return f"{self.event} of {self.sid}"


class ProviderTest(models.Model):
    """One provider that sends for us, and its regular test: a real message to somebody who looks after this installation."""

    provider = models.CharField(max_length=80, unique=True)  # "email", "push", "sms/NAME", "voice/NAME"
    due_at = models.DateTimeField()  # of the next test
    asked_at = models.DateTimeField(null=True)  # of the latest test
    notification = models.ForeignKey(Notification, null=True, on_delete=models.PROTECT, related_name="+")  # the one that has not ended
    ended_at = models.DateTimeField(null=True)
    works = models.BooleanField(null=True)  # by the latest test that ended
    confirmed = models.BooleanField(default=False)  # it arrived; else the provider took it
    detail = models.CharField(max_length=500, blank=True, default="")
    told_at = models.DateTimeField(null=True)  # when administrators were told of what is red now

    def __str__(self) -> str:
        return self.provider
