"""The metrics of a CVSS 3 vector as HackerOne names them, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

METRICS = {  # letters in the vector: (attribute, {letter: word})
    "AV": ("attack_vector", {"N": "network", "A": "adjacent", "L": "local", "P": "physical"}),
    "AC": ("attack_complexity", {"L": "low", "H": "high"}),
    "PR": ("privileges_required", {"N": "none", "L": "low", "H": "high"}),
    "UI": ("user_interaction", {"N": "none", "R": "required"}),
    "S": ("scope", {"U": "unchanged", "C": "changed"}),
    "C": ("confidentiality", {"N": "none", "L": "low", "H": "high"}),
    "I": ("integrity", {"N": "none", "L": "low", "H": "high"}),
    "A": ("availability", {"N": "none", "L": "low", "H": "high"}),
}


def metrics_of(vector: str) -> dict[str, str]:
    """Empty when the vector is no whole one of version 3."""
    if not vector.startswith("CVSS:3"):
        return {}
    parts = dict(part.split(":", 1) for part in vector.split("/")[1:] if ":" in part)
    found = {name: words[parts[letters]] for letters, (name, words) in METRICS.items() if parts.get(letters) in words}
    return found if len(found) == len(METRICS) else {}


def vector_of(attributes: Mapping[str, Any]) -> str:
    """The vector of a severity there, as it says it or from its metrics; empty when it has none."""
    for name in ("cvss_vector_string", "cvss_vector"):
        if isinstance(attributes.get(name), str) and attributes[name].startswith("CVSS:"):
            return str(attributes[name])
    letters = []
    for letter, (name, words) in METRICS.items():
        found = next((short for short, word in words.items() if word == attributes.get(name)), "")
        if not found:
            return ""
        letters.append(f"{letter}:{found}")
    return "/".join(["CVSS:3.0", *letters])
