"""Opsgenie's Alert API: its senders need a new address and a new key only."""

from __future__ import annotations

from watchbill.connectors.opsgenie.reading import fitting, parse
from watchbill.connectors.opsgenie.requests import ACTS, REFUSED, Asked, check, envelope, which

__all__ = ["ACTS", "REFUSED", "Asked", "check", "envelope", "fitting", "parse", "which"]
