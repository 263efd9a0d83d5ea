"""GitHub's webhook for alerts: code scanning, secret scanning, Dependabot, failed workflows."""

from __future__ import annotations

from watchbill.connectors.github_alerts.reading import parse, problem
from watchbill.connectors.github_alerts.signature import unproven

__all__ = ["parse", "problem", "unproven"]
