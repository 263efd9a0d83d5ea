"""The decisions of a vulnerability: which step is asked when, and who answered it, when and why."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from tests.factories import MIN, T0
from tests.response.desk import Desk
from watchbill.incidents.models import StepAnswer
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.response import flow
from watchbill.response.selectors import describe_steps

ALWAYS = ["tracker", "cve", "supported"]
END = ["announce", "reporter"]
YES = {"supported": "yes"}


@pytest.mark.req("K36")
@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, [*ALWAYS, *END]),
        ({"supported": "no"}, [*ALWAYS, "contacts", *END]),
        (YES, [*ALWAYS, "experts", "preliminary", "embargo", *END]),
        ({**YES, "preliminary": "yes"}, [*ALWAYS, "experts", "preliminary", "mitigation", "embargo", *END]),
        ({**YES, "embargo": "yes"}, [*ALWAYS, "experts", "preliminary", "embargo", "embargo_team", "embargo_notice", *END]),
        ({"supported": "no", "embargo": "yes"}, [*ALWAYS, "contacts", *END]),  # it was answered anew: the other branch is gone
    ],
)
def test_an_answer_opens_what_follows_from_it(answers: dict[str, str], asked: list[str]) -> None:
    assert [each.step.key for each in flow.standing(answers) if each.state != "waits"] == asked


@pytest.mark.parametrize(
    ("step", "answer", "why", "says"),
    [
        ("cve", "done", "", ""),
        ("supported", "yes", "ours", ""),
        ("supported", "yes", " ", "Say why"),
        ("cve", "not_needed", "", "Say why"),
        ("supported", "done", "x", "expected yes or no"),
        ("embargo", "yes", "x", "is not asked now"),
        ("nonsense", "yes", "x", "There is no step"),
    ],
)
def test_why_an_answer_cannot_be_given(step: str, answer: str, why: str, says: str) -> None:
    said = flow.why_not(step, answer, why, {})
    assert says in said if says else said == ""


@pytest.mark.parametrize(
    ("has_report", "answers", "closes"),
    [(False, {}, True), (True, {}, False), (True, {"reporter": "done"}, True), (True, {"reporter": "not_needed"}, True)],
)
def test_an_incident_of_a_report_closes_when_its_reporter_has_heard(has_report: bool, answers: dict[str, str], closes: bool) -> None:
    assert (flow.closing_gate(has_report=has_report, answers=answers) == "") is closes


@pytest.mark.req("K36")
def test_who_when_and_why_stay_whatever_is_answered_later(desk: Desk) -> None:
    incident = desk.open()
    desk.act("answer_step", incident, desk.ada, "supported", "no", "a fork", now=T0 + MIN)
    desk.act("answer_step", incident, desk.bruno, "supported", "yes", "it is ours after all", now=T0 + 2 * MIN)
    (row,) = [each for each in describe_steps(incident) if each["step"] == "supported"]
    assert (row["answer"], row["by"]["handle"], row["at"], row["why"]) == ("yes", "bruno", T0 + 2 * MIN, "it is ours after all")
    assert desk.story(incident, "flow_step")[0].endswith(": no (a fork).")
    assert [who for who, _ in desk.audited(incident, "incident.step")] == ["ada", "bruno"]
    assert StepAnswer.objects.count() == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        StepAnswer.objects.update(why="another")
    with pytest.raises(Invalid):
        desk.act("answer_step", incident, desk.ada, "mitigation", "done", now=T0 + 3 * MIN)
    hidden = desk.open("the salamander is out", service=desk.secret)
    with pytest.raises(NotFound):
        desk.act("answer_step", hidden, desk.charlie, "cve", "done", now=T0 + MIN)
