"""Nobody has said a word for too long: who hears of it, when, and what ends it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.duties.conftest import Queues
from tests.factories import DAY, HOUR, T0
from watchbill.audit.models import Record
from watchbill.duties.actions.silence import About, ask_the_silent, snooze
from watchbill.duties.selectors.silence import silent
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.notifications.models import Notification
from watchbill.people.absences import add_time_off
from watchbill.trackers.models import Issue, Link

LONG = T0 + 7 * DAY  # a Monday again


def asked(queues: Queues, now: dt.datetime) -> dict[str, str]:
    """Whom a digest goes to now, and what is in it."""
    Notification.objects.all().delete()
    ask_the_silent(now=now)
    rows = Notification.objects.filter(kind="status").select_related("person")
    return {row.person.handle: row.content["reason"].partition(". ")[0] for row in rows}


@pytest.mark.req("K5", "H10")
def test_the_owner_then_the_on_call_then_the_team_and_a_human_word_ends_it(queues: Queues) -> None:
    queues.stale(high="7 days")
    queues.item(5, severity="high", assignees=["bruno-there"], word_at=T0, title="the salamander")
    assert asked(queues, LONG - HOUR) == {}
    assert asked(queues, LONG) == {"bruno": "sec/desk#5 (high, silent for 7 days)"}
    assert asked(queues, LONG + HOUR) == {}
    assert asked(queues, LONG + DAY) == {"ada": "sec/desk#5 (high, silent for 8 days)"}
    assert sorted(asked(queues, LONG + 2 * DAY)) == ["ada", "bruno", "chen"]
    assert asked(queues, LONG + 3 * DAY) == {}
    assert sorted(asked(queues, LONG + 9 * DAY)) == ["bruno"]
    Issue.objects.update(word_at=LONG + 9 * DAY)
    assert asked(queues, LONG + 10 * DAY) == {}
    assert Record.objects.filter(action="stale.ask").count() == 4


@pytest.mark.req("K6")
def test_each_severity_has_its_own_time_and_one_digest_has_all_of_a_person(queues: Queues) -> None:
    queues.stale(critical="2 days", high="7 days", medium="1 month")
    for number, severity in enumerate(("critical", "high", "medium", "low"), start=1):
        queues.item(number, severity=severity, assignees=["ada-there"], word_at=T0)
    assert [each.severity for each in silent(queues.viewer(queues.desk.ada), now=LONG)] == ["critical", "high"]
    assert asked(queues, LONG) == {"ada": "sec/desk#1 (critical, silent for 7 days); sec/desk#2 (high, silent for 7 days)"}


def test_nobody_is_asked_at_night_and_whoever_is_away_for_long_is_passed_over(queues: Queues) -> None:
    queues.stale(high="7 days")
    queues.item(1, severity="high", assignees=["bruno-there"], word_at=T0)
    assert asked(queues, LONG + 12 * HOUR) == {}
    bruno = queues.desk.bruno
    add_time_off(bruno, LONG - DAY, LONG + 14 * DAY, **{"by": queues.by(bruno)["actor"], "now": T0})
    assert list(asked(queues, LONG + DAY)) == ["ada"]


def test_an_incident_counts_what_is_said_here_and_there(queues: Queues) -> None:
    queues.stale(high="7 days")
    incident = queues.desk.open()
    queues.desk.act("acknowledge", incident, queues.desk.bruno, now=T0)
    issue = queues.item(9, severity="high", word_at=T0 + DAY, project="sec/eng")
    Link.objects.create(incident_id=incident.id, tracker=queues.tracker, project="sec/eng", issue=issue, created_at=T0)
    assert asked(queues, LONG) == {}
    assert list(asked(queues, LONG + DAY)) == ["bruno"]
    assert f"#{incident.number}" in asked(queues, LONG + 2 * DAY)["ada"]
    assert "its owner is asked for a word" in TimelineEntry.objects.filter(incident=incident, kind="stale").first().text
    Issue.objects.update(updated_at=LONG)  # its comments were not read since: nobody guesses
    assert asked(queues, LONG + 3 * DAY) == {}


def test_of_a_restricted_incident_only_they_hear_who_may_see_it(queues: Queues) -> None:
    queues.stale(high="7 days")
    incident = queues.desk.open(service=queues.desk.secret)
    queues.desk.act("acknowledge", incident, queues.desk.ada, now=T0)
    Incident.objects.filter(pk=incident.pk).update(word_at=T0)
    for day in range(5):
        assert set(asked(queues, LONG + day * DAY)) <= {"ada"}
    assert silent(queues.viewer(queues.desk.bruno), now=LONG) == []
    assert len(silent(queues.viewer(queues.desk.ada), now=LONG)) == 1


def test_it_is_left_alone_for_a_while_with_a_reason(queues: Queues) -> None:
    queues.stale(high="7 days")
    issue = queues.item(1, severity="high", assignees=["ada-there"], word_at=T0, confidential=True)
    by = queues.by(queues.desk.ada, LONG)
    with pytest.raises(Invalid, match="Say why"):
        snooze(About(issue_id=issue.id), LONG + 3 * DAY, "", **by)
    with pytest.raises(Invalid, match="is not a time within"):
        snooze(About(issue_id=issue.id), LONG + 400 * DAY, "waits for upstream", **by)
    with pytest.raises(NotFound):
        snooze(About(issue_id=issue.id), LONG + DAY, "x", **queues.by(queues.desk.charlie, LONG))
    snooze(About(issue_id=issue.id), LONG + 3 * DAY, "waits for upstream", **by)
    assert asked(queues, LONG + DAY) == {}
    assert list(asked(queues, LONG + 3 * DAY)) == ["ada"]
    assert Record.objects.get(action="stale.snooze").detail["reason"] == "waits for upstream"
