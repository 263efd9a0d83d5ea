"""Who wrote this mail: a human or monitor, a robot that answers, a server that could not deliver, or we ourselves? Pure.

Losing a page is worse than a page too many: a monitor may call its mails bulk. What answers by itself, what comes back and what we sent
ourselves never makes an alert, whoever forwards it here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from watchbill.connectors.mailbox.letters import Letter

OURS = "x-watchbill-notification"  # stands in every mail of ours, of any installation
MOST_HOPS = 50  # servers on the way: more is a loop
ANSWERS = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoreply-from")
AWAY = re.compile(
    r"(automatic reply|auto[- ]?reply|out of (the )?office|automatische antwort|abwesenheits?notiz|réponse automatique|autosvar)\b",
    re.IGNORECASE,
)
BOUNCERS = re.compile(r"(mailer-daemon|mail-daemon)@", re.IGNORECASE)
FAIL = re.compile(r"\b(dmarc|spf|dkim)\s*=\s*([a-z]+)", re.IGNORECASE)


def why_no_alert(letter: Letter) -> str:
    """Why this mail makes no alert, as a sentence; empty when it makes one."""
    if letter.get(OURS):
        return "It is a notification of a Watchbill: it would call itself for ever."
    if len(letter.all("received")) > MOST_HOPS:
        return f"It passed more than {MOST_HOPS} servers: it runs in a circle."
    bounced = letter.refers and letter.get("return-path").replace(" ", "") == "<>"  # monitors send so, too, but they answer nothing
    if bounced or letter.content_type == "multipart/report" or BOUNCERS.match(letter.sender):
        return "A mail server reports that something could not be delivered."
    return _answer_of_a_robot(letter)


def _answer_of_a_robot(letter: Letter) -> str:
    submitted = letter.get("auto-submitted").lower()
    if submitted.startswith("auto-replied"):
        return "It is an automatic answer (Auto-Submitted: auto-replied)."
    if letter.get("precedence").lower() in ("auto_reply", "auto-reply"):
        return "It is an automatic answer (Precedence: auto_reply)."
    if name := next((name for name in ANSWERS if letter.get(name)), ""):
        return f"It is an automatic answer ({name})."
    if letter.refers and AWAY.match(letter.subject):
        return "It is an automatic answer, by its subject."
    if letter.content_type in ("text/calendar", "message/disposition-notification"):
        return "It is an answer of a calendar or a receipt."
    return ""


def why_no_human(letter: Letter) -> str:
    """Why this is no answer of a human, as a sentence. Stricter: acting is for people alone."""
    if why := why_no_alert(letter):
        return why
    if (submitted := letter.get("auto-submitted").lower()) and submitted != "no":
        return f"A machine wrote it (Auto-Submitted: {submitted[:40]})."
    if (precedence := letter.get("precedence").lower()) in ("bulk", "list", "junk"):
        return f"It was sent to many (Precedence: {precedence})."
    if AWAY.match(letter.subject):
        return "It is an automatic answer, by its subject."
    if letter.get("list-id"):
        return "It comes by a mailing list."
    return ""


def not_listed(letter: Letter, senders: Iterable[str], of_service: Iterable[str] = ()) -> str:
    """Why its sender may not make alerts: not on a list that says who may. A service's own list counts in place of the mailbox's; no list
    lets everybody."""
    own = {one.lower() for one in of_service}
    listed = own or {one.lower() for one in senders}
    if not listed:
        return ""
    allowed = letter.senders and all(one in listed or f"@{one.rpartition('@')[2]}" in listed for one in letter.senders)
    return (
        ""
        if allowed
        else f"{', '.join(letter.senders[:3]) or 'Its sender'} is not on the list of senders of this {'service' if own else 'mailbox'}."
    )


def forged(letter: Letter, authserv: str) -> str:
    """Why the trusted server doubts its sender; empty when it does not, or when nobody is trusted.

    Only the topmost header of that server counts: what stands below may have come with the mail.
    """
    if not authserv:
        return ""
    stamped = next((value for value in letter.all("authentication-results") if _server(value) == authserv.lower()), "")
    results: dict[str, set[str]] = {}
    for method, result in FAIL.findall(stamped):
        results.setdefault(method.lower(), set()).add(result.lower())
    if "dmarc" in results:
        return "The mail server says that its sender is forged (dmarc=fail)." if "fail" in results["dmarc"] else ""
    failed = [method for method in ("spf", "dkim") if "fail" in results.get(method, ())]
    passed = [method for method in ("spf", "dkim") if "pass" in results.get(method, ())]
    return f"The mail server says that its sender is forged ({failed[0]}=fail)." if failed and not passed else ""


def _server(value: str) -> str:
    return (value.split(";", 1)[0].split() or [""])[0].lower()
