"""Mailboxes: which ones are read, when last, what the server said, and which mails made nothing. For administrators.

No subjects, no senders, no text: they stand in the mailbox, and with the event of an inlet for whoever may see it.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.intake.models import Mail
from watchbill.intake.selectors.mailboxes import mailboxes, set_aside
from watchbill.kernel.errors import NotAllowed
from watchbill.people.permissions import Verb, decide
from watchbill.web.visit import DeskRequest, signed_in

FACES = {  # state -> shape, colour, word
    "works": ("ok", "green", "Read"),
    "lies": ("warn", "amber", "Read; mails lie in it"),
    "failing": ("warn", "red", "Cannot be read"),
    "late": ("warn", "red", "Not read lately"),
    "waits": ("due", "amber", "Waits for its variable"),
    "idle": ("stop", "dim", "Not active yet"),
}
COUNTED = {  # verdict -> how many mails ...
    Mail.Verdict.ALERT: "stored as events",
    Mail.Verdict.REPLY: "answers to pages",
    Mail.Verdict.REPORT: "in threads of mail",
    Mail.Verdict.LEFT: "left out by a rule",
    Mail.Verdict.UNKNOWN: "to an address of nobody",
    Mail.Verdict.REFUSED: "answers refused",
    Mail.Verdict.FAILED: "could not be taken",
}
WORDS = {
    Mail.Verdict.LEFT: ("stop", "dim", "Left out"),
    Mail.Verdict.UNKNOWN: ("warn", "amber", "To nobody"),
    Mail.Verdict.REFUSED: ("stop", "amber", "Answer refused"),
    Mail.Verdict.FAILED: ("warn", "red", "Not taken"),
}


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """Every mailbox of the configuration, then the mails that made nothing, the newest first."""
    decision = decide(request.visit.viewer, Verb.ADMINISTER)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    rows = [
        (FACES[each.state(request.visit.now)], each.mailbox, [(each.mails.get(verdict, 0), word) for verdict, word in COUNTED.items()])
        for each in mailboxes()
    ]
    aside, following = set_aside(before=request.GET.get("before", ""))
    found = [(WORDS[Mail.Verdict(one.mail.verdict)], one) for one in aside]
    return render(request, "mailboxes.html", {"section": "you", "rows": rows, "aside": found, "next": following})
