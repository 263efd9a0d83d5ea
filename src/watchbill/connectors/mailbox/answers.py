"""What does somebody say who answers one of our mails? Pure.

Only what they wrote themselves counts, never what their mail program quotes. `resolve` and `escalate` must be all of the line: "resolve this
tomorrow" is a note. Whatever is no command is a note, and never acts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOTE, NOTHING = "note", "nothing"
ACKNOWLEDGE, ESCALATE, RESOLVE = "acknowledge", "escalate", "resolve"
WORDS = {
    **dict.fromkeys(("ack", "acknowledge", "acknowledged"), ACKNOWLEDGE),
    **dict.fromkeys(("resolve", "resolved"), RESOLVE),
    **dict.fromkeys(("escalate", "escalated"), ESCALATE),
}
LONGEST = 5_000  # characters of a note
COMMAND = re.compile(r"(?P<word>[a-z]+)(?:\s+#?(?P<number>[0-9]{1,18}))?\s*[.!]*(?P<rest>\s*[,;:.!–-]\s*\S.*)?", re.IGNORECASE)
# The first line of what is quoted, as mail programs write it.
QUOTED = re.compile(
    r"(>.*"
    r"|-{2,}\s*(original message|ursprüngliche nachricht|message d'origine|forwarded message)\s*-{2,}"
    r"|_{10,}"
    r"|(on|am|le|el|il|op|den|w dniu)\b.{5,200}\b(wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev|napisał)\b.{0,120}:?"
    r"|-- ?)",
    re.IGNORECASE,
)
OUTLOOK = re.compile(r"\*?(from|von|de|van)\s*:\*?\s.*@.*|\*?(from|von|de|van)\s*:\*?\s.*", re.IGNORECASE)
NEXT_HEADER = re.compile(r"\*?(sent|gesendet|envoyé|verzonden|to|an|date|datum|subject|betreff)\s*:\*?\s.*", re.IGNORECASE)
DEVICE = re.compile(r"(sent from|sent with|get outlook for|gesendet (mit|von)|von meinem .{1,30} gesendet|envoyé de)\b.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What was asked for. `number`: the one incident that is meant; 0: all of the mail's. `note`: what is written besides."""

    what: str
    number: int = 0
    note: str = ""


def understood(text: str) -> Said:
    """Read an answer."""
    own = written(text)
    first, _, below = own.partition("\n")
    match = COMMAND.fullmatch(first.strip())
    what = WORDS.get(match["word"].lower()) if match else None
    if match is None or what is None or (match["rest"] and what != ACKNOWLEDGE):
        return Said(NOTE, note=own[:LONGEST]) if own else Said(NOTHING)
    rest = (match["rest"] or "").strip().lstrip(",;:.!–-").strip()
    return Said(what, int(match["number"] or 0), "\n".join(part for part in (rest, below.strip()) if part)[:LONGEST])


def written(text: str) -> str:
    """What its writer wrote: without quotes, signature and what a telephone adds."""
    lines = text.splitlines()
    kept: list[str] = []
    for at, line in enumerate(lines):
        bare = line.strip()
        joined = " ".join(one.strip() for one in lines[at : at + 3])
        if QUOTED.fullmatch(bare) or _wraps(bare, joined) or _outlook(bare, lines[at + 1 : at + 3]):
            break
        if not DEVICE.fullmatch(bare):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()


def _wraps(bare: str, joined: str) -> bool:
    """ "On Monday ... wrote:" over two or three lines."""
    return bool(re.match(r"(on|am|le|el|il|op|den)\b", bare, re.IGNORECASE)) and bool(
        re.match(
            r"(on|am|le|el|il|op|den)\b.{5,300}\b(wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev)\b[^:]{0,120}:",
            joined,
            re.IGNORECASE,
        )
    )


def _outlook(bare: str, following: list[str]) -> bool:
    return bool(OUTLOOK.fullmatch(bare)) and any(NEXT_HEADER.fullmatch(line.strip()) for line in following)
