"""People, teams and their roles, and the tokens that speak for a person."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class PersonManager(BaseUserManager["Person"]):
    """Makes accounts the way Django's own commands expect it."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody who can be woken, and the account they sign in with."""

    handle = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254, unique=True)
    timezone = models.CharField(max_length=64, default="UTC")
    region = models.CharField(max_length=32, blank=True, default="")
    holidays = models.CharField(max_length=16, blank=True, default="")  # "GB", "DE-BY"
    hours = models.JSONField(null=True)  # {days, from, to}; null: Monday to Friday 09:00-17:00
    is_admin = models.BooleanField(default=False)  # administers the installation
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["handle", "name"]
    objects = PersonManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_once"),
            models.CheckConstraint(condition=Q(handle__regex=r"^[a-z0-9][a-z0-9._-]*$"), name="person_handle_form"),
        ]

    def __str__(self) -> str:
        return self.name


class Organization(models.Model):
    """The one row about whoever runs this desk."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=200, default="Watchbill")
    last_resort = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    webhook_secret = models.CharField(max_length=200, default="")  # encrypted by kernel.secrets; signs outgoing webhooks
    demo = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="organization_is_one")]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A desk: paged around the clock, or working through queues."""

    class Desk(models.TextChoices):
        PAGED = "paged"
        QUEUE = "queue"

    class Ownership(models.TextChoices):
        ACKER = "acker"
        ON_CALL = "on_call"
        ASSIGNED = "assigned"

    name = models.CharField(max_length=200, unique=True)
    desk = models.CharField(max_length=8, choices=Desk)
    ownership = models.CharField(max_length=8, choices=Ownership)
    calendar = models.JSONField(null=True)  # {timezone, days, from, to, holidays, closed}
    last_resort = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    critical_anyway = models.BooleanField(default=False)
    ack_timeout = models.CharField(max_length=32, blank=True, default="")  # a duration; empty: the default of the desk
    assignee_moves = models.CharField(max_length=8, default="accept")
    issue = models.JSONField(null=True)  # {tracker, project, labels, confidential}: not active before trackers are
    channel = models.JSONField(null=True)  # {chat, name}: where the message of each of its incidents stands
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(desk__in=["paged", "queue"]), name="team_desk"),
            models.CheckConstraint(condition=Q(ownership__in=["acker", "on_call", "assigned"]), name="team_ownership"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a person may do in a team, and whether they stand on its desk (managers need not)."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        RESPONDER = "responder"
        MANAGER = "manager"
        ADMIN = "admin"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role, default=Role.RESPONDER)
    on_desk = models.BooleanField(default=True)  # listed under `members`: a {team: ..} target pages them
    position = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "person"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=["viewer", "responder", "manager", "admin"]), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id} as {self.role}"


class AwayCalendar(models.Model):
    """A calendar elsewhere that says when its person is away. Whoever has its address reads it, so that is kept as a secret."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="away_calendars")
    address = models.TextField()  # encrypted by kernel.secrets
    host = models.CharField(max_length=253)  # what is shown of it
    everything = models.BooleanField(default=False)  # each of its events counts, not only those whose title says so
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: the operator at the console
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()  # when it is read again; whoever reads it now has moved that on
    read_at = models.DateTimeField(null=True)  # when it last answered
    understood_at = models.DateTimeField(null=True)  # when its file was last read as a whole
    zone = models.CharField(max_length=64, blank=True, default="")  # of its person, then
    etag = models.CharField(max_length=200, blank=True, default="")
    last_modified = models.CharField(max_length=200, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")  # of its file
    left = models.IntegerField(default=0)  # events that count and are too long, or have no date that can be read
    failures = models.IntegerField(default=0)  # attempts that failed since it was last read
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True, default="")
    told_at = models.DateTimeField(null=True)  # its person heard that it fails

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="away_calendar_due")]

    def __str__(self) -> str:
        return f"calendar at {self.host}"


class DismissedEvent(models.Model):
    """An event of somebody's calendar that is no time off although its title sounds so: its person said it, and it stays said."""

    calendar = models.ForeignKey(AwayCalendar, on_delete=models.CASCADE, related_name="dismissed")
    event = models.CharField(max_length=32)  # the one, or with `whole` each of its series
    whole = models.BooleanField(default=False)
    start = models.DateTimeField()  # of the one that was dismissed: how it is told from others
    end = models.DateTimeField()
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: the operator at the console
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "event"], name="dismissed_event_once")]

    def __str__(self) -> str:
        return f"no time off of {self.calendar_id}"


class TimeOff(models.Model):
    """A stretch in which a person does not work."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="time_off")
    calendar = models.ForeignKey(AwayCalendar, null=True, on_delete=models.SET_NULL, related_name="time_off")  # null: by hand
    event = models.CharField(
        max_length=32, blank=True, default="", db_default=""
    )  # which one of the calendar, as a digest; empty: none any more
    series = models.CharField(max_length=32, blank=True, default="", db_default="")  # to which it belongs there; empty: it is alone
    start = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, default="")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: the operator at the console
    created_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "end"], name="time_off_person_end")]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="time_off_forward"),
            models.UniqueConstraint(fields=["calendar", "event"], name="time_off_once", condition=~Q(event="")),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} away"


class ApiToken(models.Model):
    """A token that speaks for a person, never with more right than the person has. Only its hash is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120, blank=True, default="")
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=8)  # its last characters, to recognize it
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token ...{self.hint}"


class SignIn(models.Model):
    """A session of somebody, so that they can see and end it. `fingerprint` is of the password that opened it: with another one it is over."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    fingerprint = models.CharField(max_length=16)
    browser = models.CharField(max_length=80)
    address = models.CharField(max_length=45, blank=True, default="")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"session of {self.person_id}"
