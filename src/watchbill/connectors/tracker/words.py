"""Text of people and machines as it may stand in a tracker: it gives no command, calls nobody, and hides nothing of what follows."""

from __future__ import annotations

import re

from watchbill.incidents.rules import in_a_line

LONGEST_NOTE = 50_000  # GitHub takes 65,536 characters
MENTION = re.compile(r"@(?=\w)")
MARKUP = re.compile(r"([\\`*_\[\]<>#!~|&$%^])")
ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-]+(?::\d+)?(?:/[A-Za-z0-9.\-_~%/+=&;,:?#!@]*)?")


def neutral(text: str) -> str:
    """Some lines as a quotation, their Markdown as it is."""
    quoted = "\n".join(f"> {line}" for line in text[:LONGEST_NOTE].splitlines()) or "> "
    return MENTION.sub("@\u200b", quoted).replace("<!--", "&lt;!--")


def said(name: str) -> str:
    """A name within a sentence of Markdown."""
    return MENTION.sub("@\u200b", MARKUP.sub(r"\\\1", " ".join(in_a_line(name).split())))


def line(text: str) -> str:
    """A line of words without any Markdown; an address in it stays one that can be followed."""
    return " ".join(f"<{word}>" if ADDRESS.fullmatch(word) else said(word) for word in in_a_line(text).split())
