"""The base metrics of CVSS as choices, by version: what is asked, and what each answer is called. Pure.

Words: FIRST, Common Vulnerability Scoring System, specification documents 3.1 and 4.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One question. `choices`: what stands in the vector, and the word for it."""

    key: str
    name: str
    choices: tuple[tuple[str, str], ...]


NONE_LOW_HIGH = (("N", "None"), ("L", "Low"), ("H", "High"))
REACH = (("N", "Network"), ("A", "Adjacent"), ("L", "Local"), ("P", "Physical"))
COMPLEXITY = (("L", "Low"), ("H", "High"))

METRICS: Mapping[str, tuple[Metric, ...]] = {
    "3.1": (
        Metric("AV", "Attack vector", REACH),
        Metric("AC", "Attack complexity", COMPLEXITY),
        Metric("PR", "Privileges required", NONE_LOW_HIGH),
        Metric("UI", "User interaction", (("N", "None"), ("R", "Required"))),
        Metric("S", "Scope", (("U", "Unchanged"), ("C", "Changed"))),
        Metric("C", "Confidentiality", NONE_LOW_HIGH),
        Metric("I", "Integrity", NONE_LOW_HIGH),
        Metric("A", "Availability", NONE_LOW_HIGH),
    ),
    "4.0": (
        Metric("AV", "Attack vector", REACH),
        Metric("AC", "Attack complexity", COMPLEXITY),
        Metric("AT", "Attack requirements", (("N", "None"), ("P", "Present"))),
        Metric("PR", "Privileges required", NONE_LOW_HIGH),
        Metric("UI", "User interaction", (("N", "None"), ("P", "Passive"), ("A", "Active"))),
        Metric("VC", "Confidentiality, vulnerable system", NONE_LOW_HIGH),
        Metric("VI", "Integrity, vulnerable system", NONE_LOW_HIGH),
        Metric("VA", "Availability, vulnerable system", NONE_LOW_HIGH),
        Metric("SC", "Confidentiality, what comes after it", NONE_LOW_HIGH),
        Metric("SI", "Integrity, what comes after it", NONE_LOW_HIGH),
        Metric("SA", "Availability, what comes after it", NONE_LOW_HIGH),
    ),
}


def vector_of(version: str, chosen: Mapping[str, str]) -> str:
    """The vector of these choices. ValueError with a sentence for a question without an answer, or with another one than there is."""
    if version not in METRICS:
        raise ValueError(f"CVSS {version[:10]} has no buttons here. There are {' and '.join(METRICS)}.")
    parts = [f"CVSS:{version}"]
    for metric in METRICS[version]:
        value = chosen.get(metric.key, "")
        if value not in dict(metric.choices):
            raise ValueError(f"CVSS {version}: nothing is chosen for {metric.name.lower()}.")
        parts.append(f"{metric.key}:{value}")
    return "/".join(parts)


def chosen_in(vector: str) -> tuple[str, dict[str, str]]:
    """(its version, its choices), as far as there are buttons for them."""
    head, _, rest = vector.partition("/")
    version = head.removeprefix("CVSS:")
    known = {metric.key for metric in METRICS.get(version, ())}
    pairs = (part.partition(":") for part in rest.split("/"))
    return version, {key: value for key, _, value in pairs if key in known}
