"""Mailboxes: mails of monitors that page, and answers to our own mails."""

from __future__ import annotations

from watchbill.connectors.mailbox.alerts import parse

__all__ = ["parse"]
