"""Prometheus Alertmanager's webhook, format 4."""

from __future__ import annotations

from watchbill.connectors.alertmanager.reading import parse, problem, read

__all__ = ["parse", "problem", "read"]
