"""How does a thread look as data: to the API and the command line?"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from watchbill.mailbox.models import Letter, Thread
from watchbill.mailbox.selectors import letters


def describe(thread: Thread, *, whole: bool = False) -> dict[str, Any]:
    """Every field of it; with `whole` also its mails, as text. One query more for those."""
    who = thread.accountable
    return {
        "id": thread.number,
        "mailbox": thread.mailbox.name,
        "subject": thread.subject,
        "sender": thread.sender or None,
        "state": str(thread.state),
        "accountable": {"handle": who.handle, "name": who.name} if who is not None else None,
        "taken": thread.taken_at is not None,
        "received_at": thread.received_at,
        "due_at": thread.due_at,
        "issue": thread.issue_url or None,
        "link": thread.link or None,
        "report": getattr(getattr(thread, "report", None), "number", None),
        "url": f"{settings.PUBLIC_URL}/mail/{thread.number}",
        **({"letters": [_letter(each) for each in letters(thread)]} if whole else {}),
    }


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.pk,
        "at": letter.at,
        "sender": letter.sender or None,
        "to": letter.to or None,
        "outgoing": letter.outgoing or None,
        "text": letter.text,
        "files": letter.files,
        "remark": letter.remark,
    }
