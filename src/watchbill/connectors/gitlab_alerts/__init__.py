"""GitLab's webhook for alerts: failed pipelines, vulnerabilities, incidents."""

from __future__ import annotations

from watchbill.connectors.gitlab_alerts.reading import parse, problem, unproven

__all__ = ["parse", "problem", "unproven"]
