"""Learnings on the pages: one line from anywhere, back to where it was written; the list; what became of it."""

from __future__ import annotations

import pytest

from tests.web.conftest import Desk
from watchbill.duties.learnings.models import Learning

HOSTILE = "<img src=x onerror=alert(1)>"


def write(desk: Desk, name: str, **said: object):
    return desk.as_(name).post("/learnings", {"text": HOSTILE, "kind": "question", **said})


@pytest.mark.req("G17")
def test_it_is_written_from_any_page_and_leads_back_there(desk: Desk):
    incident = desk.page()
    html = desk.as_("alice").get(f"/incidents/{incident.number}").content.decode()
    assert 'id="learn"' in html  # reached by one key ...
    assert f"/learnings/new?back=/incidents/{incident.number}&amp;incident={incident.number}" in html  # ... and by a plain link
    form = desk.as_("alice").get(f"/learnings/new?back=/incidents/{incident.number}&incident={incident.number}").content.decode()
    assert f'name="incident" inputmode="numeric" maxlength="20" autocomplete="off" value="{incident.number}"' in form
    answer = write(desk, "alice", incident=incident.number, back=f"/incidents/{incident.number}")
    assert (answer.status_code, answer["Location"]) == (303, f"/incidents/{incident.number}")
    html = desk.as_("alice").get(answer["Location"]).content.decode()
    assert "Alice learned (question): &lt;img" in html
    assert HOSTILE not in html
    for elsewhere in ("https://evil.example.org/", "//evil.example.org", "javascript:x", "/\\evil.example.org"):
        assert write(desk, "alice", back=elsewhere)["Location"] == "/learnings"


def test_what_cannot_be_kept_comes_back_with_the_words_that_were_typed(desk: Desk):
    for wrong, why in (
        ({"kind": "x"}, "The kind is"),
        ({"incident": "four"}, "is no number"),
        ({"incident": "424242"}, "There is no incident"),
    ):
        refused = write(desk, "alice", **wrong)
        assert refused.status_code == 422
        assert why in refused.content.decode()
        assert "&lt;img" in refused.content.decode()
    assert write(desk, "charlie").status_code == 303  # for the team that is Charlie's
    assert write(desk, "vera").status_code == 403
    assert Learning.objects.get().team != desk.team


@pytest.mark.req("G16")
def test_the_list_is_narrowed_and_one_is_corrected_and_closed_with_a_document(desk: Desk):
    write(desk, "alice")
    row = Learning.objects.get()
    listed = desk.as_("bob").get("/learnings?kind=question").content.decode()
    assert "&lt;img" in listed
    assert "None here." in desk.as_("bob").get("/learnings?kind=risky").content.decode()
    assert "None here." in desk.as_("bob").get("/learnings?by=me").content.decode()
    assert desk.as_("bob").get("/learnings?state=nonsense").status_code == 303
    here = f"/learnings/{row.id}"
    assert "Say it better" in desk.as_("alice").get(here).content.decode()
    assert "Say it better" not in desk.as_("bob").get(here).content.decode()
    desk.as_("alice").post(f"{here}/correct", {"text": "one command", "kind": "automatable"})
    refused = desk.as_("bob").post(f"{here}/close", {"document": "handbook"})
    assert refused.status_code == 422
    assert "is no web address" in refused.content.decode()
    html = desk.as_("bob").post(f"{here}/close", {"document": "https://handbook.example.org/x"}, follow=True).content.decode()
    assert '<a href="https://handbook.example.org/x" rel="noopener noreferrer">' in html
    assert "by Bob" in html
    assert "Could be automatic" in html
