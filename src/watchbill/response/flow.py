"""The decisions of a vulnerability's incident, in order: which question is open now, which step follows from which answer? Pure: a table.

Source: the Kubernetes guide, flow of an incident: two branches by whether the component is fully supported, three questions with yes or no,
and whoever reported it hears the resolution before it is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

QUESTION, TASK = ("yes", "no"), ("done", "not_needed")
WORDS = {"yes": "yes", "no": "no", "done": "done", "not_needed": "not needed"}
REPORTER = "reporter"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `when`: (earlier step, answer) pairs of which all must hold for it to be asked."""

    key: str
    text: str
    answers: tuple[str, ...] = TASK
    when: tuple[tuple[str, str], ...] = ()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(answer, as it is said)."""
        return [(answer, WORDS[answer]) for answer in self.answers]


SUPPORTED = (("supported", "yes"),)
EMBARGO = (*SUPPORTED, ("embargo", "yes"))
STEPS = (
    Step("tracker", "Keep the tracking issue up to date as details are nailed down"),
    Step("cve", "Reserve a CVE number, in parallel"),
    Step("supported", "Is the component fully supported by this team's response?", QUESTION),
    Step(
        "contacts",
        "Tell the security contacts of the component, with the CVE number; they drive fix and release",
        TASK,
        (("supported", "no"),),
    ),
    Step("experts", "Reach out to subject matter experts and assemble the fix team", TASK, SUPPORTED),
    Step("preliminary", "Does it need preliminary disclosure?", QUESTION, SUPPORTED),
    Step("mitigation", "Send the mitigation to the announcement list", TASK, (*SUPPORTED, ("preliminary", "yes"))),
    Step("embargo", "Does the fix need an embargoed release?", QUESTION, SUPPORTED),
    Step("embargo_team", "Create the private team with everybody who works on the fix", TASK, EMBARGO),
    Step("embargo_notice", "Send the embargo notice to those who must prepare", TASK, EMBARGO),
    Step("announce", "Announce it publicly", TASK, ()),
    Step(REPORTER, "Update the original reporter with the resolution", TASK, ()),
)
BY_KEY = {step.key: step for step in STEPS}


@dataclass(frozen=True, slots=True)
class Standing:
    """A step as the answers so far leave it: answered, open, or waiting for an earlier answer that opens or drops it."""

    step: Step
    answer: str
    state: str  # answered | open | waits

    @property
    def word(self) -> str:
        """The answer as it is said."""
        return WORDS.get(self.answer, "")


def standing(answers: Mapping[str, str]) -> list[Standing]:
    """The steps that are on the way now, in order. `answers`: the latest of each step. A branch that was not taken is left out."""
    found = []
    for step in STEPS:
        if any(other in answers and answers[other] != wanted for other, wanted in step.when):
            continue
        waits = any(other not in answers for other, _ in step.when)
        answer = "" if waits else answers.get(step.key, "")
        found.append(Standing(step, answer, "waits" if waits else "answered" if answer else "open"))
    return found


def why_not(key: str, answer: str, why: str, answers: Mapping[str, str]) -> str:
    """Why this answer cannot be given now; empty when it can. A decision, and what is left out, need their reason."""
    step = BY_KEY.get(key)
    if step is None:
        return f"There is no step {key[:40]!r}. Expected one of {', '.join(BY_KEY)}."
    if answer not in step.answers:
        return f"{step.text}: expected {' or '.join(step.answers)}."
    if next((each.state for each in standing(answers) if each.step.key == key), "") not in ("open", "answered"):
        return f"{step.text}: that is not asked now. Answer the steps before it first."
    if answer != "done" and not why.strip():
        return f"{step.text} Say why: whoever looks back asks that first."
    return ""


def closing_gate(*, has_report: bool, answers: Mapping[str, str]) -> str:
    """Why an incident that came of somebody's report cannot be closed yet; empty when it can."""
    if not has_report or answers.get(REPORTER) in TASK:
        return ""
    return "Whoever reported it has not heard the resolution. Update them, and answer that step; then close it."
