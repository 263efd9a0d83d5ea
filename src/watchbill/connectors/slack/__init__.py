"""Slack: messages that edit themselves, direct messages, buttons, a slash command; heard by signed HTTP or by Socket Mode."""

from __future__ import annotations

from watchbill.notifications.chats import selectors


def asks() -> str:
    """What is missing before somebody can be reached by Slack; empty when nothing is."""
    return selectors.why_not("slack")
