"""Which reader understands which kind of stored event? One line for each way in."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.connectors import alertmanager, pagerduty_events
from watchbill.intake.actions.heartbeats import read_event
from watchbill.intake.rules import Parser

PARSERS: Mapping[str, Parser] = {
    "events": pagerduty_events.parse,
    "alertmanager": alertmanager.parse,
    "heartbeat": read_event,
}
