"""PagerDuty's Events API v2 and v1: what its clients send, and exactly how they are answered."""

from __future__ import annotations

from watchbill.connectors.pagerduty_events.first_version import check_first, parse_first
from watchbill.connectors.pagerduty_events.reading import parse
from watchbill.connectors.pagerduty_events.validation import Checked, check_change, check_event

__all__ = ["Checked", "check_change", "check_event", "check_first", "parse", "parse_first"]
