"""What does a mail of a monitor say? Its subject is the alert, the state in it says whether that is over, its text the details. Pure.

Whatever is not clearly an end fires: a subject that nobody foresaw must not silence an alert. An answer to a mail belongs to that mail's
alert, and never ends it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from watchbill.connectors import reading
from watchbill.connectors.mailbox.letters import Letter, read
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb

KEY_HEADER, SEVERITY_HEADER, ACTION_HEADER = "x-watchbill-key", "x-watchbill-severity", "x-watchbill-action"
DETAIL = 10_000  # characters of the text that the alert keeps

OVER = r"RESOLVED|RECOVERY|RECOVERED|CLEARED|CLOSED|OK|UP|NORMAL"
FIRES = r"PROBLEM|FIRING|ALARM|ALERT|TRIGGERED|CRITICAL|MAJOR|MINOR|ERROR|WARNING|DOWN|UNKNOWN|INFO"
# Where a state may stand, and nowhere else: "OK, we were hacked" is no end. In capital letters as machines write, or as Zabbix does.
STATES = (
    re.compile(rf"^\[(?P<state>{OVER}|{FIRES})(:\d+)?\]\s*(?P<rest>.+)$"),  # [RESOLVED] x, [FIRING:2] x
    re.compile(rf"^\*{{2}}\s*(?P<state>{OVER}|{FIRES})\b(?P<rest>.*?)(\s+is\s+(?P<second>[A-Z]+))?\s*\*{{0,2}}$"),  # Nagios, Icinga
    re.compile(rf"^(?P<state>{OVER}|{FIRES}):\s+(?P<rest>.+)$"),  # ALARM: x, OK: x
    re.compile(r"^(?P<state>Problem|Resolved)(\s+in\s+[^:]{1,40})?:\s+(?P<rest>.+)$"),  # Zabbix
)
ANSWER = re.compile(r"^\s*(re|aw|sv|antw|fwd?|wg|tr|vs)(\[\d+\])?\s*:\s*", re.IGNORECASE)
TOKEN = re.compile(r"\[key[:=]\s*([^\]\s]{1,200})\]", re.IGNORECASE)
WORDS = {"PROBLEM": "", "FIRING": "", "ALARM": "", "ALERT": "", "TRIGGERED": "", "DOWN": "critical", "UNKNOWN": "warning"}


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject, taken apart. `core` is what stays the same while the state changes."""

    core: str
    over: bool = False
    severity: str = ""
    token: str = ""
    answer: bool = False


def subject_of(text: str) -> Subject:
    """Read a subject."""
    token = found[1] if (found := TOKEN.search(text)) else ""
    text = " ".join(TOKEN.sub(" ", text).split())
    answer = False
    while (cut := ANSWER.sub("", text, count=1)) != text:
        text, answer = cut, True
    for pattern in STATES:
        if (match := pattern.match(text)) and (rest := match["rest"].strip(" -:")):
            state = match["state"].upper()
            second = (match.groupdict().get("second") or "").upper()
            over = bool(re.fullmatch(OVER + "|RESOLVED", state))
            severity = "" if over else WORDS.get(state, state.lower()) or (second.lower() if second not in WORDS else WORDS[second])
            return Subject(rest, over, severity, token, answer)
    return Subject(text, token=token, answer=answer)


def dedup_key(letter: Letter) -> str:
    """What names the alert of this mail by itself: what its sender chose, else sender and subject without the state."""
    subject = subject_of(letter.subject)
    if chosen := letter.get(KEY_HEADER) or subject.token:
        return reading.key("mail", chosen)
    if subject.core:
        return reading.key("mail", letter.sender, subject.core.lower())
    return reading.key("mail", letter.sender, letter.message_id or letter.text[:200])


def parse(body: bytes, dedup: str = "") -> Parsed:
    """The one draft of a stored mail. `dedup`: what was found when it was stored, since an answer belongs to an earlier mail's alert."""
    letter = read(body)
    subject = subject_of(letter.subject)
    key = dedup if dedup and not dedup.startswith("(") else dedup_key(letter)
    if _over(letter, subject):
        return Parsed((Draft(Verb.RESOLVE, key),), letter.remark)
    first = next((line for line in letter.text.splitlines() if line.strip()), "")
    return Parsed(
        (
            Draft(
                Verb.TRIGGER,
                key,
                summary=(subject.core or first or f"Mail without a subject from {letter.sender or 'nobody'}")[:SUMMARY_LENGTH],
                severity=letter.get(SEVERITY_HEADER)[:60] or subject.severity,
                source=letter.sender[:320],
                details=reading.kept(
                    subject=letter.subject,
                    sender=", ".join(letter.senders[:5]),
                    date=letter.get("date")[:100],
                    text=letter.text[:DETAIL],
                    attachments=", ".join(letter.files),
                ),
            ),
        ),
        letter.remark,
    )


def _over(letter: Letter, subject: Subject) -> bool:
    action = letter.get(ACTION_HEADER).strip().lower()
    if action:
        return action in ("resolve", "resolved")
    return subject.over and not subject.answer
