"""A vector by buttons, without a script; the questions of the committee propose, and a human sets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.conftest import Desk
from tests.reports.test_pages import browser
from watchbill.kernel.clock import database_now
from watchbill.reports.actions import triage
from watchbill.reports.models import Rating, Report
from watchbill.reports.rules.cvss_metrics import METRICS, chosen_in, vector_of
from watchbill.reports.rules.severity import scored

CHOSEN = {
    version: st.fixed_dictionaries({m.key: st.sampled_from([value for value, _ in m.choices]) for m in metrics})
    for version, metrics in METRICS.items()
}


@pytest.mark.req("K15", "R3")
@pytest.mark.parametrize("version", METRICS)
@given(data=st.data())
def test_every_choice_of_buttons_is_a_vector_that_the_standard_knows_and_reads_back(version: str, data: st.DataObject):
    chosen = data.draw(CHOSEN[version])
    vector = vector_of(version, chosen)
    assert scored(vector).version == version
    assert chosen_in(vector) == (version, chosen)
    missing = data.draw(st.sampled_from(sorted(chosen)))
    with pytest.raises(ValueError, match="nothing is chosen for"):
        vector_of(version, {**chosen, missing: "?"})


@pytest.mark.req("K15")
def test_it_is_rated_by_buttons_and_the_questions_propose(desk: Desk):
    desk.now = database_now()
    report = desk.report()
    for act in (triage.take, triage.enough, triage.understood):
        desk.do(act, report)
    alice, here = browser(desk, "alice"), f"/reports/{report.number}"
    html = alice.get(here).content.decode()
    for version, metrics in METRICS.items():
        for metric in metrics:
            assert len(re.findall(f'type="radio" name="{version}-{metric.key}"', html)) == len(metric.choices)
    picks = {f"3.1-{key}": value for key, value in zip(("AV", "AC", "PR", "UI", "S", "C", "I", "A"), "NLNNUHHH", strict=True)}
    lacking = alice.post(f"{here}/rate", {"by": "4.0", "4.0-AV": "N"})
    assert (lacking.status_code, "nothing is chosen for attack complexity" in lacking.content.decode()) == (422, True)
    asked = alice.post(f"{here}/rate", {**picks, "by": "3.1", "yes": "adjacent"})
    html = asked.content.decode()
    assert (asked.status_code, "By your answers critical becomes high" in html) == (422, True)
    assert re.search(r'value="adjacent" checked', html)
    assert re.search(r'name="3.1-C" value="H" checked', html)
    assert not Rating.objects.exists()
    assert alice.post(f"{here}/rate", {**picks, "by": "3.1", "yes": "adjacent", "severity": "high"}).status_code == 303
    row = Rating.objects.get()
    assert (row.vector, row.score, row.severity) == ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "high")
    assert row.reason == "Must the attacker be on the same network? Yes."
    assert alice.post(f"{here}/rate", {**picks, "by": "3.1", "vector": "typed before"}).status_code == 303
    assert Report.objects.get().severity == "critical"  # the button that was pressed says which one counts
