"""What would be made of this message? The reader that events go through, without storing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.config import reader
from watchbill.config.rules.nodes import Leaf, Map, Node
from watchbill.connectors import bodies, opsgenie
from watchbill.connectors.inbound import PARSERS, WAYS
from watchbill.intake.rules import MAPPED_KINDS, Parsed, mapping, severity_of
from watchbill.kernel.errors import Invalid

SAMPLE = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What each alert would be, or why the message would be refused."""

    problem: str = ""
    remark: str = ""
    alerts: tuple[Mapping[str, Any], ...] = ()


def mapping_of(text: str | bytes) -> dict[str, Any]:
    """The mapping that a text in YAML (or JSON) says; an empty one for an empty text. Raises Invalid with every reason why it is none."""
    if not text.strip():
        return {}
    try:
        said = _plain(reader.read(text))
    except reader.Unreadable as unreadable:
        raise Invalid(f"The mapping cannot be read: line {unreadable.problem.line}: {unreadable.problem.text}") from unreadable
    if problems := mapping.problems(said):
        raise Invalid(" ".join(problems))
    return dict(said)


def _plain(node: Node) -> Any:
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Map):
        return {pair.key: _plain(pair.node) for pair in node.pairs}
    return [_plain(item) for item in node.items]


def rehearse(kind: str, body: bytes, wanted: Mapping[str, Any] | None = None, severities: Mapping[str, str] | None = None) -> Rehearsed:
    """Read a sample as events of this kind are read. `severities`: the service's own words."""
    parsed = read(kind, body, wanted)
    if isinstance(parsed, str):
        return Rehearsed(problem=parsed)
    alerts = [
        {
            "action": str(draft.verb),
            "dedup_key": draft.dedup_key,
            "summary": draft.summary,
            "severity": severity_of(draft.severity, severities or {}) if draft.verb == "trigger" else "",
            "their_severity": draft.severity,
            "source": draft.source,
            "component": draft.component,
            "group": draft.group,
            "class": draft.event_class,
            "details": dict(draft.details),
            "links": list(draft.links),
        }
        for draft in parsed.drafts
    ]
    return Rehearsed(remark=parsed.remark, alerts=tuple(alerts))


def read(kind: str, body: bytes, wanted: Mapping[str, Any] | None = None) -> Parsed | str:
    """What is said in a sample of this kind, or in words why it would be refused."""
    if len(body) > SAMPLE:
        return f"A sample holds up to {SAMPLE} bytes."
    try:
        return _parsed(kind, body, wanted or {})
    except bodies.Unreadable as unreadable:
        return str(unreadable)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"The message is not one of kind {kind}: {type(error).__name__} {error}."


def _parsed(kind: str, body: bytes, wanted: Mapping[str, Any]) -> Parsed | str:
    """What the reader says, or why the front door would refuse the message."""
    if way := WAYS.get(kind):
        if problem := way.problem(way.decode(body)):
            return problem
    elif kind == "opsgenie":
        asked = opsgenie.Asked("Create")
        body, said = opsgenie.envelope(asked, body)
        if errors := opsgenie.check(asked, said):
            return " ".join(errors.values())
    parser = PARSERS[kind]
    return parser(body, "(made at arrival)", wanted) if kind in MAPPED_KINDS else parser(body, "(made at arrival)")
