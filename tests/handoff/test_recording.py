"""An accepted hand-off is written in the team's channel and in the tracking issue; what failed is shown and tried again."""

from __future__ import annotations

import pytest

from tests.factories import HOUR, MIN, SEC, T0
from tests.handoff.offers import accept, offer
from tests.handoff.test_answering import owned
from tests.response.desk import Desk
from watchbill.handoff.actions.recording import claim_records, record_failed, record_written
from watchbill.handoff.models import Handoff, HandoffRecord
from watchbill.handoff.selectors import describe
from watchbill.notifications.chats.models import Chat, Posting


@pytest.fixture
def told(desk: Desk) -> Desk:
    """The team has a channel and a tracker."""
    desk.team.channel = {"chat": "chat", "name": "#security"}
    desk.team.issue = {"tracker": "gitlab", "project": "security/operations"}
    desk.team.save()
    return desk


def accepted(desk: Desk, **more: object) -> Handoff:
    incident = owned(desk, **more)
    Posting.objects.all().delete()
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    return accept(made, desk.bruno, now=T0 + HOUR)


def states(made: Handoff) -> list[tuple[str, str]]:
    return [(each["place"], each["state"]) for each in describe(made)["records"]]


@pytest.mark.req("G29", "H2")
def test_the_channel_reads_it_and_what_a_chat_cannot_be_told_is_shown(told: Desk) -> None:
    assert states(accepted(told)) == [("chat", "failed"), ("issue", "waiting")]  # there is no such chat
    Chat.objects.create(name="chat", kind="slack", token_env="HANDOFF_TOKEN", writes=["post", "update"], looked_at=T0 + HOUR)
    made = accepted(told)
    record = HandoffRecord.objects.get(handoff=made, place="chat")
    said = Posting.objects.get(pk=record.posting_id).notice
    assert said["title"].endswith("disk full: Bruno has it from Ada (end of the watch)")
    assert "Next: bruno: find what writes." in said["text"]
    assert states(made)[0] == ("chat", "waiting")
    Posting.objects.filter(pk=record.posting_id).update(error="channel_not_found")
    assert states(made)[0] == ("chat", "failed")
    Posting.objects.filter(pk=record.posting_id).update(error="", posted_at=T0 + 2 * HOUR)
    assert states(made)[0] == ("chat", "written")


@pytest.mark.req("R8", "G29")
def test_of_a_restricted_one_the_channel_reads_number_and_code_name_alone(told: Desk) -> None:
    Chat.objects.create(name="chat", kind="slack", token_env="HANDOFF_TOKEN", writes=["post", "update"], looked_at=T0 + HOUR)
    made = accepted(told, title="the salamander is out", service=told.secret)
    said = Posting.objects.get(pk=HandoffRecord.objects.get(handoff=made, place="chat").posting_id).notice
    assert said["title"] == f"#{made.incident.number} {made.incident.code_name} was handed over"
    assert said["text"] == "It is restricted; open it to read more."


@pytest.mark.req("G29")
def test_the_issue_is_written_once_and_tried_again_with_growing_pauses(told: Desk) -> None:
    made = accepted(told)
    (first,) = claim_records(now=T0 + HOUR)
    assert (first.handoff.id, first.name, first.tries) == (made.id, "security/operations", 1)
    assert claim_records(now=T0 + HOUR) == []  # another node is at it
    record_failed(first.record_id, "502 from the tracker", now=T0 + HOUR)
    assert describe(made)["records"][-1] == {
        "place": "issue",
        "name": "security/operations",
        "state": "failed",
        "error": "502 from the tracker",
    }
    assert claim_records(now=T0 + HOUR + 29 * SEC) == []
    (second,) = claim_records(now=T0 + HOUR + 30 * SEC)
    record_written(second.record_id, "https://gitlab.example.org/security/operations/-/issues/7", now=T0 + HOUR + MIN)
    assert claim_records(now=T0 + 9 * HOUR) == []
    assert states(made)[-1] == ("issue", "written")


def test_where_the_assignee_moves_at_the_offer_the_tracker_is_asked_then_and_again_at_accept(told: Desk) -> None:
    told.team.assignee_moves = "offer"
    told.team.save()
    made = offer(owned(told), told.ada, told.bruno, now=T0 + HOUR)
    (asked,) = claim_records(now=T0 + HOUR)
    assert asked.handoff.state == "offered"
    record_written(asked.record_id, "", now=T0 + HOUR)
    accept(made, told.bruno, now=T0 + 2 * HOUR)
    (again,) = claim_records(now=T0 + 2 * HOUR)
    assert (again.record_id, again.handoff.state) == (asked.record_id, "accepted")
