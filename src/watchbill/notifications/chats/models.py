"""Chats of this installation, the message about an incident in each channel, who there is whom, and what was heard from there."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from watchbill.people.models import Person

LINK = "link"  # `verified_by` of a contact that its owner proved by opening a link while signed in


class Chat(models.Model):
    """A chat system as the configuration file names it. Secrets stay in the environment; only the names of their variables are here."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=16)  # slack
    url = models.CharField(max_length=2000, blank=True, default="")  # of its API; empty: the kind's own
    token_env = models.CharField(max_length=120)
    signing_env = models.CharField(max_length=120, blank=True, default="")
    app_token_env = models.CharField(max_length=120, blank=True, default="")
    writes = models.JSONField(default=list)  # ["post", "update"]
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    looked_at = models.DateTimeField(null=True)  # when an engine last asked whether it answers
    said = models.CharField(max_length=200, blank=True, default="")  # as whom it knows us
    error = models.CharField(max_length=500, blank=True, default="")  # why it does not answer
    heard_at = models.DateTimeField(null=True)  # when a node was last seen to listen by Socket Mode

    def __str__(self) -> str:
        return self.name


class Posting(models.Model):
    """The one message about an incident in one channel, a direct message to one person, or a notice in a channel.

    Due while `wanted` is ahead of `shown`; whoever sends holds the lease.

    Every change of the incident raises `wanted`; what is sent is read when it is sent, so only the latest state ever goes out.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)  # travels with the message, so that a lost answer finds it again
    incident_id = models.BigIntegerField(null=True)
    notice = models.JSONField(null=True)  # {title, text, path, until}: said once, about no incident
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, related_name="postings", db_index=False)
    channel = models.CharField(max_length=200)  # as the file names it; of a room its name, which may get a figure when it is taken
    notification_id = models.BigIntegerField(null=True)  # of a direct message; `channel` is the user there and this number then
    also = ArrayField(models.BigIntegerField(), null=True)  # the other incidents in a direct message
    room = models.BooleanField(default=False)  # a channel of this incident alone, made on demand
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    wanted = models.IntegerField(default=1)
    shown = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=64, blank=True, default="")  # the channel's id there
    message = models.CharField(max_length=64, blank=True, default="")  # the message's id in it; empty: not posted, or lost
    digest = models.CharField(max_length=64, blank=True, default="")  # of what is shown: an equal text is not sent again
    tries = models.IntegerField(default=0)  # since the last success
    doubt = models.BooleanField(default=False)  # a try ended without an answer: it may still arrive, later than the next one
    lease_instance = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")  # of the last try, when it failed
    given_up = models.BooleanField(default=False)  # not tried again before something changes
    created_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="posting_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["incident_id"], name="posting_incident"),
            GinIndex(fields=["also"], name="posting_also", condition=Q(also__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["incident_id", "chat", "channel"], name="posting_once", condition=Q(room=False)),
            models.UniqueConstraint(fields=["incident_id", "chat"], name="posting_one_room", condition=Q(room=True)),
            models.CheckConstraint(condition=Q(incident_id__isnull=False) ^ Q(notice__isnull=False), name="posting_about_one_thing"),
        ]

    def __str__(self) -> str:
        return f"incident {self.incident_id} in {self.channel}"


class ChatName(models.Model):
    """What a @name of the file stands for in a chat, asked once."""

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    user = models.CharField(max_length=64)
    resolved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chat", "name"], name="chat_name_once")]

    def __str__(self) -> str:
        return f"{self.name} is {self.user}"


class ChatLink(models.Model):
    """A link that proves who somebody in a chat is: opened while signed in, once, before it expires. Only its hash is kept."""

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, related_name="links")
    user = models.CharField(max_length=64)
    user_name = models.CharField(max_length=200, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="chat_link_ends")]

    def __str__(self) -> str:
        return f"link of {self.user}"


class Heard(models.Model):
    """A request of a chat that was handled, with what was answered: one that comes again gets the same answer and does nothing."""

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, related_name="heard", db_index=False)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    answer = models.TextField(null=True, default=None)  # null: not done yet

    class Meta:
        indexes = [models.Index(fields=["at"], name="heard_at")]
        constraints = [models.UniqueConstraint(fields=["chat", "digest"], name="heard_once")]

    def __str__(self) -> str:
        return f"heard at {self.at:%H:%M:%S}"
