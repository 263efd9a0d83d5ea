"""The issue that was filed for a report follows it, and tells back: on a fake GitLab and a fake GitHub. A public one is only linked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.tracker.conftest import PROJECT, Tracked, secrets, tracked
from tests.connectors.tracker.fake import LOSE
from tests.connectors.tracker.test_issues import close, labels
from tests.factories import actor, person
from watchbill.audit.models import Record
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid
from watchbill.people.models import Membership
from watchbill.people.selectors import viewer_of
from watchbill.reports.actions import rating, talking, tracking, triage
from watchbill.reports.actions.circle import set_circle
from watchbill.reports.actions.making import NewReport, make
from watchbill.reports.models import Entry, Program, Report
from watchbill.reports.selectors.listing import Filters, search
from watchbill.trackers.models import Link, Write

__all__ = ["secrets", "tracked"]


class Case:
    """A report of the team whose issues are in the fake, rated, with whoever acts."""

    def __init__(self, tracked: Tracked) -> None:
        self.tracked, self.ada = tracked, tracked.desk.ada
        tracked.issue_setting(severity_label="severity/")
        self.program = Program.objects.create(name="Bounty", team=tracked.desk.team, tracker=tracked.row, project=PROJECT)
        self.number = make(NewReport("Traversal", "steps: salamander", "Bounty"), **self.by()).number
        for act in (triage.take, triage.enough, triage.understood):
            act(self.number, **self.by())
        rating.rate(self.number, rating.NewRating(severity="high", reason="it is"), **self.by())

    def by(self, who: Any = None) -> dict[str, Any]:
        who = who or self.ada
        return {"person": who, "actor": actor(who), "now": database_now()}

    def file(self, **more: Any) -> Report:
        tracking.file_issue(self.number, **more, **self.by())
        self.tracked.round(2)
        return Report.objects.get(number=self.number)

    def story(self, kind: str) -> list[str]:
        return list(Entry.objects.filter(report__number=self.number, kind=kind).order_by("id").values_list("text", flat=True))

    def assigned(self) -> list[str]:
        return [each["login"] if "login" in each else each["username"] for each in self.tracked.there()["assignees"]]

    def notes(self) -> str:
        return str(self.tracked.fake.notes[PROJECT, 1])


@pytest.mark.req("K19", "K21")
def test_one_act_files_it_with_an_assignee_and_labels_once(tracked: Tracked) -> None:
    case = Case(tracked)
    outsider = person("outsider")
    with pytest.raises(Invalid, match="Name them on it first"):
        tracking.file_issue(case.number, assignee=outsider, **case.by())
    tracked.fake.next.append(("POST", LOSE))  # it is there, and nobody heard so
    report = case.file(labels=["triage", " triage ", ""])
    tracked.round(2)
    assert len(tracked.fake.issues) == 1
    row = tracked.there()
    assert "salamander" in (row.get("description") or row.get("body"))
    assert sorted(labels(row)) == ["severity/high", "triage"]
    assert case.assigned() == ["ada-there"]  # whoever filed it
    assert case.story("issue_made") == [f"The tracking issue is {PROJECT}#1 (main)."]
    assert Report.objects.select_related("link__issue").get(pk=report.pk).link.issue.assignees == ["ada-there"]
    assert not any(case.story(kind) for kind in ("issue_comment", "issue_state", "issue_assigned", "issue_labels"))  # ours is no news


@pytest.mark.req("K19", "K21")
def test_what_changes_here_is_written_there_and_what_people_do_there_is_told_here(tracked: Tracked) -> None:
    case = Case(tracked)
    case.file()
    Membership.objects.get_or_create(team=tracked.desk.team, person=tracked.desk.bruno, defaults={"role": "responder"})
    triage.assign(case.number, tracked.desk.bruno, **case.by())
    rating.rate(case.number, rating.NewRating(severity="critical", reason="chained"), **case.by())
    talking.say(case.number, "seen in 4.2 @everybody", "team", **case.by())
    talking.say(case.number, "to the reporter", "all", sent=True, **case.by())
    tracked.round(2)
    assert case.assigned() == ["bruno-there"]
    assert "severity/critical" in labels(tracked.there())
    assert "severity/high" not in labels(tracked.there())
    assert "seen in 4.2 @\u200beverybody" in case.notes() or "seen in 4.2 @\\u200beverybody" in case.notes()
    assert "to the reporter" not in case.notes()
    tracked.fake.now = max(tracked.fake.now, database_now())
    tracked.fake.say(1, "I can repeat it", by="bruno-there")
    tracked.fake.say(1, "build failed", by="ci[bot]")
    tracked.round(2)
    assert case.story("issue_comment") == ["bruno-there on the issue: I can repeat it"]
    close(tracked)
    tracked.fake.change(1, assignees=[tracked.fake.user("ada-there")])
    tracked.round(2)
    assert case.story("issue_state") == ["The issue was closed by bruno-there in the tracker. The report stays as it is."]
    assert case.story("issue_assigned") == ["The issue is assigned to ada-there in the tracker."]
    assert Report.objects.get().state == "tracked"
    assert Record.objects.filter(action="report.issue_news", restricted=True).exists()
    triage.close_as(case.number, "invalid", "not so", **case.by())
    triage.reopen(case.number, "it is", **case.by())
    tracked.round(2)
    assert tracked.there()["state"] in ("opened", "open")


def test_of_a_report_for_named_people_alone_nothing_is_said_there(tracked: Tracked) -> None:
    case = Case(tracked)
    case.file()
    set_circle(case.number, "named", **case.by())
    talking.say(case.number, "for few", "team", **case.by())
    tracked.round(2)
    assert "for few" not in case.notes()


@pytest.mark.req("R7", "K20")
def test_what_is_acted_on_stands_among_the_violations_until_it_has_an_issue_and_a_public_one_is_never_filled(tracked: Tracked) -> None:
    case = Case(tracked)
    violations = lambda: [row.number for row in search(viewer_of(case.ada), Filters("violations"), now=database_now()).items]  # noqa: E731
    assert violations() == [case.number]
    tracking.link_issue(case.number, "https://github.com/kubernetes/kubernetes/issues/7", **case.by())
    assert violations() == []
    talking.say(case.number, "salamander", "team", **case.by())
    triage.close_as(case.number, "invalid", "not so", **case.by())
    tracked.round(2)
    assert not Write.objects.exists()
    assert not Link.objects.exists()
    assert tracked.fake.issues == {}
