"""How severe is it? By the standard (CVSS 3.1 and 4.0), in the programme's bands; another severity needs a reason. Pure.

The heuristics of the Kubernetes committee are questions that a human answers; they propose, and never set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cvss import CVSS3, CVSS4
from cvss.exceptions import CVSSError

SEVERITIES = ("critical", "high", "medium", "low")
RANK = {name: rank for rank, name in enumerate(SEVERITIES)}
BANDS: Mapping[str, float] = {"critical": 9.0, "high": 7.0, "medium": 4.0, "low": 0.1}  # from this score on
EXPECTED = "Expected one such as CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:N/A:N."
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Scored:
    """What the standard says of a vector. `band` is empty for a score of nothing."""

    vector: str  # in its one form
    version: str
    score: float
    band: str


@dataclass(frozen=True, slots=True)
class Heuristic:
    """A question, and what a yes proposes: another severity instead of the one that the score has."""

    key: str
    question: str
    lowers: Mapping[str, str]


HEURISTICS = (
    Heuristic("adjacent", "Must the attacker be on the same network?", {"critical": "high"}),
    Heuristic("uncommon", "Is it only so with settings that are not the default?", {"critical": "high"}),
    Heuristic("local", "Does it take an account on the machine itself?", {"high": "medium"}),
    Heuristic("mitigation", "Is there a straightforward way to be safe until it is fixed?", {"high": "medium"}),
    Heuristic("mitigation_untypical", "Is there such a way, and is what is hit untypical besides?", {"medium": "low"}),
)


def scored(vector: str, bands: Mapping[str, float] = BANDS) -> Scored:
    """The score and its band. ValueError with a sentence when the vector is none of CVSS 3.1 or 4.0."""
    text = vector.strip()
    if len(text) > LONGEST:
        raise ValueError(f"This vector has {len(text)} characters. {EXPECTED}")
    try:
        if text.startswith("CVSS:3.1/"):
            third = CVSS3(text)
            return Scored(str(third.clean_vector()), "3.1", float(third.base_score), band_of(float(third.base_score), bands))
        if text.startswith("CVSS:4.0/"):
            fourth = CVSS4(text)
            return Scored(str(fourth.clean_vector()), "4.0", float(fourth.base_score), band_of(float(fourth.base_score), bands))
    except CVSSError as error:
        raise ValueError(f"This is no vector of CVSS: {str(error)[:160]}. {EXPECTED}") from error
    raise ValueError(f"{text[:60]!r} is no vector of CVSS 3.1 or 4.0. {EXPECTED}")


def band_of(score: float, bands: Mapping[str, float] = BANDS) -> str:
    """The severity whose band holds the score; empty below them all."""
    return next((name for name in SEVERITIES if name in bands and score >= bands[name]), "")


def proposed(band: str, answers: Mapping[str, bool]) -> str:
    """What the heuristics make of a band, one after the other."""
    for each in HEURISTICS:
        if answers.get(each.key):
            band = each.lowers.get(band, band)
    return band


def said_yes(answers: Mapping[str, bool]) -> str:
    """The questions that were answered with yes, as a reason."""
    return " ".join(f"{each.question} Yes." for each in HEURISTICS if answers.get(each.key))


def why_not_rated(found: Scored | None, severity: str, reason: str) -> str:
    """Why this severity cannot stand, in a sentence; empty when it can. Without a vector, or beside its band, it needs a reason."""
    if severity not in RANK:
        return f"Severity is {severity[:40]!r}; it can be critical, high, medium or low."
    if reason.strip():
        return ""
    if found is None:
        return "There is no vector, so nothing says why. Give a vector, or a reason."
    if found.band != severity:
        of = f"is {found.band}" if found.band else "has no severity"
        return f"{found.score} {of} by the bands of the programme. Say why it is {severity} all the same."
    return ""
