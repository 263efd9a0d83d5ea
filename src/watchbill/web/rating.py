"""The form by which a report is rated: a vector that was typed or chosen by buttons, and questions that propose another severity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from watchbill.kernel.errors import Invalid
from watchbill.reports.actions import rating
from watchbill.reports.models import Report
from watchbill.reports.rules.cvss_metrics import METRICS, chosen_in, vector_of
from watchbill.reports.rules.severity import HEURISTICS, proposed, said_yes, scored


def form(found: Report, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows: the buttons of each version with what is chosen, and the questions with their answers."""
    version, chosen = chosen_in(found.vector)
    return {
        "versions": [
            (
                each,
                each.replace(".", ""),
                [(m, typed.get(f"{each}-{m.key}", chosen.get(m.key, "") if each == version else "")) for m in metrics],
            )
            for each, metrics in METRICS.items()
        ],
        "heuristics": [(each, each.key in _answers(typed)) for each in HEURISTICS],
    }


def rate(number: int, said: QueryDict, by: Mapping[str, Any]) -> str:
    """By the button that was pressed. An answer proposes; a human sets."""
    vector, severity, reason = _vector(said), said.get("severity", ""), said.get("reason", "")
    answers = dict.fromkeys(_answers(said), True)
    if answers and vector:
        band = _band(vector)
        proposal = proposed(band, answers)
        if not severity and proposal != band:
            raise Invalid(
                f"By your answers {band} becomes {proposal}. Choose {proposal} as the severity, or take the answers back.", field="severity"
            )
        if severity == proposal and proposal != band and not reason.strip():
            reason = said_yes(answers)
    report = rating.rate(number, rating.NewRating(vector, severity, said.get("tier", ""), reason), **by)
    return f"It is {report.severity}{f', {report.score}' if report.score is not None else ''}."


def _vector(said: QueryDict) -> str:
    version = said.get("by", "")
    if not version:
        return said.get("vector", "")
    try:
        return vector_of(version, {metric.key: said.get(f"{version}-{metric.key}", "") for metric in METRICS.get(version, ())})
    except ValueError as error:
        raise Invalid(str(error), field="vector") from error


def _band(vector: str) -> str:
    try:
        return scored(vector).band
    except ValueError as error:
        raise Invalid(str(error), field="vector") from error


def _answers(typed: Mapping[str, Any]) -> list[str]:
    return typed.getlist("yes") if isinstance(typed, QueryDict) else []
