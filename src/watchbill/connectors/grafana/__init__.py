"""Grafana's webhook: unified alerting, and the alerting before it."""

from __future__ import annotations

from watchbill.connectors.grafana.reading import parse, problem

__all__ = ["parse", "problem"]
