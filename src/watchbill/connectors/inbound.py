"""Which ways in are there? One line for each kind of message, and one reader for each kind of stored event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.connectors import (
    alertmanager,
    bodies,
    generic,
    github_alerts,
    gitlab_alerts,
    grafana,
    opsgenie,
    pagerduty_events,
    reading,
    sentry,
)
from watchbill.intake.rules import Parser
from watchbill.intake.rules.heartbeats import read_event

# One message of a monitor can hold a whole group of alerts, and what it does not deliver it does not send again.
GROUP = 4 * 1024 * 1024
ONE = 1024 * 1024

Header = Callable[[str], str]  # by its name in lower case; empty without one


def _nothing_to_prove(_header: Header, _body: bytes, _key: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Way:
    """How messages at /in/KIND/KEY are taken.

    `problem` answers why a decoded body cannot be taken (400), `unproven` why the request is not its sender's although its key is known
    (401); both answer nothing when all is well. `too_big` is what the sender of a longer message can do. `key_header` may carry the key in
    the place of the path and of `Authorization: Bearer`.
    """

    parse: Parser
    problem: Callable[[Any], str]
    limit: int  # bytes
    too_big: str
    decode: Callable[[bytes], Any] = bodies.decode
    unproven: Callable[[Header, bytes, str], str] = _nothing_to_prove
    key_header: str = ""


WAYS: Mapping[str, Way] = {
    "alertmanager": Way(alertmanager.parse, alertmanager.problem, GROUP, "set max_alerts in Alertmanager"),
    "grafana": Way(grafana.parse, grafana.problem, GROUP, "set Max Alerts in Grafana's contact point"),
    "generic": Way(generic.parse, generic.problem, ONE, "send less in one message", decode=generic.decode),
    "github-alerts": Way(
        github_alerts.parse, github_alerts.problem, GROUP, "choose fewer kinds of event", reading.json_or_form, github_alerts.unproven
    ),
    "gitlab-alerts": Way(
        gitlab_alerts.parse,
        gitlab_alerts.problem,
        GROUP,
        "choose fewer triggers",
        unproven=gitlab_alerts.unproven,
        key_header="x-gitlab-token",
    ),
    "sentry": Way(sentry.parse, sentry.problem, GROUP, "send less in one message"),
}

PARSERS: Mapping[str, Parser] = {
    "events": pagerduty_events.parse,
    "events-v1": pagerduty_events.parse_first,
    "opsgenie": opsgenie.parse,
    "heartbeat": read_event,
    **{kind: way.parse for kind, way in WAYS.items()},
}
