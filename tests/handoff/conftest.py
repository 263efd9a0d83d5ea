"""The desk of `tests.response`, and what it takes to hand something over on it."""

from __future__ import annotations

from tests.response.conftest import _webhooks_work, committed, desk

__all__ = ["_webhooks_work", "committed", "desk"]
