"""The parts of a hand-off as lines of text, as forms of pages and chats show them, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.handoff.rules import Step, Words

LINES = ("open_questions", "decisions", "engaged", "related", "channels", "pending")


def text_of(words: Words, name: str) -> str:
    if name == "next_steps":
        return "\n".join(f"{step.who}: {step.what}" for step in words.next_steps)
    value = getattr(words, name)
    return value if isinstance(value, str) else "\n".join(value)


def words_in(sent: Mapping[str, str], prefix: str = "") -> Words:
    """What the form says."""

    def lines(name: str) -> tuple[str, ...]:
        return tuple(line.strip() for line in sent.get(f"{prefix}{name}", "").splitlines() if line.strip())

    return Words(
        summary=sent.get(f"{prefix}summary", ""),
        bridge=sent.get(f"{prefix}bridge", ""),
        next_steps=tuple(step_in(line) for line in lines("next_steps")),
        **{name: lines(name) for name in LINES},
    )


def step_in(line: str) -> Step:
    """`ada: read the logs`; without a colon nobody is named, and an address is no person."""
    who, colon, what = line.partition(":")
    if not colon or what.startswith("//"):
        return Step("", line)
    return Step("" if who.strip() == "?" else who.strip(), what.strip())
