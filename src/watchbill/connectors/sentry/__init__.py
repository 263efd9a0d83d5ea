"""Sentry's webhooks: issue alerts, metric alerts, issues that were resolved, and the older plugin."""

from __future__ import annotations

from watchbill.connectors.sentry.reading import parse, problem

__all__ = ["parse", "problem"]
