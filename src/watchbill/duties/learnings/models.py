"""Learnings: one line each, written on the way, until something became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from watchbill.incidents.models import Incident
from watchbill.people.models import Person, Team
from watchbill.trackers.models import Link


class Learning(models.Model):
    """Something that should be better, could be automatic, is not understood, or was a risky decision.

    One that is about an incident exists for whoever may see that incident.
    """

    class Kind(models.TextChoices):
        IMPROVEMENT = "improvement"
        AUTOMATABLE = "automatable"
        QUESTION = "question"
        RISKY = "risky"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="learnings", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="learnings", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=1000)
    incident = models.ForeignKey(Incident, null=True, on_delete=models.PROTECT, related_name="learnings")
    made_at = models.DateTimeField()
    edit_until = models.DateTimeField()  # the end of the watch in which it was written
    edited_at = models.DateTimeField(null=True)
    link = models.OneToOneField(Link, null=True, on_delete=models.PROTECT, related_name="learning")  # the issue that was asked for
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=1000, blank=True, default="")  # what became of it
    document = models.CharField(max_length=2000, blank=True, default="")  # the address of what was changed for it

    class Meta:
        indexes = [
            models.Index(fields=["team", "-made_at"], name="learning_open", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["-made_at"], name="learning_made"),
            models.Index(fields=["person", "-made_at"], name="learning_of"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["improvement", "automatable", "question", "risky"]), name="learning_kind"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(outcome="") | ~Q(document=""), name="learning_closed_says_what_became"
            ),
        ]

    def __str__(self) -> str:
        return self.text
