"""An accepted hand-off is written in the team's channel and in the tracking issue; what failed is shown and tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import HOUR, T0, actor
from tests.handoff.offers import WORDS, accept, offer
from tests.handoff.test_answering import owned
from tests.response.desk import Desk
from watchbill.handoff.actions.recording import write_again
from watchbill.handoff.models import Handoff, HandoffRecord
from watchbill.handoff.selectors import describe
from watchbill.kernel.errors import Refused
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
    assert states(accepted(told)) == [("chat", "failed"), ("issue", "failed")]  # there is no such chat, no such tracker
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


def test_what_its_writer_ended_gets_no_second_full_stop(told: Desk) -> None:
    Chat.objects.create(name="chat", kind="slack", token_env="HANDOFF_TOKEN", writes=["post", "update"], looked_at=T0 + HOUR)
    incident = owned(told)
    words = replace(WORDS, open_questions=("Who has the keys?",), decisions=("No restart.",), engaged=("Ada",))
    made = accept(offer(incident, told.ada, told.bruno, now=T0 + HOUR, words=words), told.bruno, now=T0 + HOUR)
    said = Posting.objects.get(pk=HandoffRecord.objects.get(handoff=made, place="chat").posting_id).notice["text"]
    for line in ("Open questions: Who has the keys?", "Decisions: No restart.", "Engaged: Ada."):
        assert line in said.splitlines()


@pytest.mark.req("R8", "G29")
def test_of_a_restricted_one_the_channel_reads_number_and_code_name_alone(told: Desk) -> None:
    Chat.objects.create(name="chat", kind="slack", token_env="HANDOFF_TOKEN", writes=["post", "update"], looked_at=T0 + HOUR)
    made = accepted(told, title="the salamander is out", service=told.secret)
    said = Posting.objects.get(pk=HandoffRecord.objects.get(handoff=made, place="chat").posting_id).notice
    assert said["title"] == f"#{made.incident.number} {made.incident.code_name} was handed over"
    assert said["text"] == "It is restricted; open it to read more."


@pytest.mark.req("G29")
def test_without_an_issue_or_a_chat_the_record_says_why_and_is_asked_for_again_by_hand(told: Desk) -> None:
    made = accepted(told)
    place = {each["place"]: each for each in describe(made)["records"]}
    assert place["chat"]["error"] == "Nothing can be said in the chat chat: it is not active."
    assert place["issue"]["error"] == "The incident has no tracking issue; its page says why."
    Chat.objects.create(name="chat", kind="slack", token_env="HANDOFF_TOKEN", writes=["post", "update"], looked_at=T0 + HOUR)
    by = {"person": told.bruno, "actor": actor(told.bruno), "now": T0 + HOUR}
    write_again(made.id, **by)
    assert states(made) == [("chat", "waiting"), ("issue", "failed")]
    posting = Posting.objects.filter(pk=HandoffRecord.objects.get(handoff=made, place="chat").posting_id)
    posting.update(error="channel_not_found", given_up=True, due_at=None, tries=7)
    write_again(made.id, **{**by, "now": T0 + 30 * HOUR})
    again = posting.get()
    assert (again.due_at, again.given_up, again.tries) == (T0 + 30 * HOUR, False, 0)
    assert again.notice["until"] == (T0 + 42 * HOUR).isoformat()  # it is worth saying again


def test_what_has_not_failed_is_not_written_again(told: Desk) -> None:
    told.team.issue = None
    told.team.save()
    Chat.objects.create(name="chat", kind="slack", token_env="HANDOFF_TOKEN", writes=["post", "update"], looked_at=T0 + HOUR)
    made = accepted(told)
    with pytest.raises(Refused, match="is on its way"):
        write_again(made.id, person=told.bruno, actor=actor(told.bruno), now=T0 + HOUR)
