"""Projects are read to their end, whatever changes under the reader, whatever fails; webhooks are hints that prove themselves."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from tests.connectors.github import fake as github_fake
from tests.connectors.gitlab import fake as gitlab_fake
from tests.connectors.tracker.conftest import PROJECT, Tracked
from tests.connectors.tracker.fake import BROKEN, CUT, GARBLED, HUGE, LIE, SLOW
from watchbill.connectors import wire
from watchbill.connectors.github import verifying as github_verifying
from watchbill.connectors.gitlab import verifying as gitlab_verifying
from watchbill.connectors.tracker import reading
from watchbill.kernel.clock import database_now
from watchbill.trackers.actions import mirroring
from watchbill.trackers.models import Delivery, Issue, Source, Tracker
from watchbill.trackers.selectors import states

BODY = b'{"data":{"activity":{"type":"activity-comment"},"report":{"id":"1337"}}}'
TOKEN = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SIGNED = {"webhook-id": "msg_1", "webhook-timestamp": "1700000000", "webhook-signature": "v1,o2AYLJdKhUd+0CWIi/JSBNqmZzrfLCQRBYGYJj9jdDs="}
AT = dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)


def known(tracked: Tracked) -> set[int]:
    return set(Issue.objects.filter(project=PROJECT, state="open").values_list("number", flat=True))


def test_nothing_slips_between_two_pages_when_issues_change_under_the_reader(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZES", (2, 2, 2, 1))
    numbers = [tracked.fake.add(title=f"issue {n}") for n in range(7)]
    tracked.fake.during = [lambda: tracked.fake.change(numbers[0]), lambda: tracked.fake.change(numbers[1])]
    tracked.round()
    assert known(tracked) == set(numbers)
    late = tracked.fake.add(title="late")
    tracked.fake.change(numbers[3], state="closed")
    tracked.round()
    assert known(tracked) == {*numbers, late} - {numbers[3]}


def test_a_quiet_project_costs_one_request_and_says_that_it_is_unchanged(tracked: Tracked) -> None:
    tracked.fake.add()
    tracked.round(2)
    before = len(tracked.fake.requests)
    tracked.round()
    assert len(tracked.fake.requests) == before + 1
    source = Source.objects.get()
    assert source.etag
    assert source.cursor == tracked.mirrored().updated_at


def test_many_issues_of_one_second_are_read_by_the_number_of_the_page(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZES", (2, 2, 2, 1))
    numbers = [tracked.fake.add() for _ in range(5)]
    for number in numbers:
        tracked.there(number)["updated_at"] = "2026-03-01T00:00:00Z"
    tracked.round()
    assert known(tracked) == set(numbers)


def test_each_way_to_fail_is_said_and_nothing_is_lost(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.3)
    first = tracked.fake.add()
    redirect = (301, {}, {"Location": f"{tracked.fake.url}/elsewhere"})
    for end in (CUT, LIE, GARBLED, BROKEN, SLOW, redirect, (200, [{"iid": "no"}], {})):
        tracked.fake.next = [("GET", end)]
        tracked.round()
        assert Source.objects.get().error, end
    tracked.fake.die()
    tracked.round()
    assert "onnection" in states(now=database_now())[0].unread[PROJECT]
    tracked.fake.start()
    tracked.fake.token = "another"
    tracked.round()
    assert "the token is not valid" in states(now=database_now())[0].unread[PROJECT]
    tracked.fake.token = "right"
    tracked.fake.next = [("GET", HUGE)]  # once, then smaller pages
    tracked.round()
    assert Source.objects.get().error == ""
    assert known(tracked) == {first}


def test_what_was_deleted_is_found_once_a_day(tracked: Tracked) -> None:
    kept, deleted = tracked.fake.add(), tracked.fake.add()
    tracked.round()
    del tracked.fake.issues[PROJECT, deleted]
    tracked.round()
    assert known(tracked) == {kept, deleted}
    Source.objects.update(swept_at=database_now() - dt.timedelta(days=1))
    tracked.round()
    assert known(tracked) == {kept}
    assert tracked.mirrored(deleted).state == "gone"


def test_hostile_titles_and_labels_are_kept_as_text(tracked: Tracked) -> None:
    title, label = "<script>alert(1)</script>\x00 " + "x" * 2000, "y" * 400
    labels: Any = [label] if tracked.kind == "gitlab" else [{"name": label}]
    where = {"web_url": "javascript:alert(1)", "html_url": "javascript:alert(1)"}
    tracked.fake.add(title=title, labels=labels, **where)
    tracked.round()
    row = tracked.mirrored()
    assert (len(row.title), len(row.labels[0]), row.url) == (1024, 300, "")


def test_webhooks_prove_themselves_by_the_vectors_of_their_makers() -> None:
    right = "sha256=d40a6085aa0553dd12abd516d12a21df3b7750e7850b0c44508bd2e1b654a365"
    hub = {"x-hub-signature-256": right}
    assert github_verifying.is_proved("s3cret", hub, BODY, now=AT)
    assert not github_verifying.is_proved("s3cret", hub, BODY + b" ", now=AT)
    assert not github_verifying.is_proved("", {"x-hub-signature-256": "sha256=" + "0" * 64}, BODY, now=AT)
    assert not github_verifying.is_proved("s3cret", {}, BODY, now=AT)
    proved = gitlab_verifying.is_proved
    assert proved(TOKEN, SIGNED, BODY, now=AT)
    assert proved(TOKEN, {**SIGNED, "webhook-signature": f"v1,xyz {SIGNED['webhook-signature']} v2,abc"}, BODY, now=AT)
    assert proved("plain", {"x-gitlab-token": "plain"}, BODY, now=AT)


@pytest.mark.parametrize(
    ("secret", "headers", "body", "at"),
    [
        (TOKEN, SIGNED, BODY + b" ", AT),
        (TOKEN, SIGNED, BODY, AT + dt.timedelta(seconds=301)),
        (TOKEN, SIGNED, BODY, AT - dt.timedelta(seconds=301)),
        (TOKEN, {**SIGNED, "webhook-id": "msg_2"}, BODY, AT),
        (TOKEN, {"x-gitlab-token": TOKEN}, BODY, AT),  # one that signs is no token
        ("plain", {**SIGNED, "x-gitlab-token": "plain"}, BODY, AT),  # a signature is there: nothing weaker counts
        ("plain", {"x-gitlab-token": "plain "}, BODY, AT),
        ("plain", {}, BODY, AT),
        ("", {"x-gitlab-token": ""}, BODY, AT),
        ("whsec_", {**SIGNED}, BODY, AT),
        ("whsec_not base64", {**SIGNED}, BODY, AT),
    ],
)
def test_a_webhook_of_gitlab_that_proves_nothing(secret: str, headers: dict, body: bytes, at: dt.datetime) -> None:
    assert not gitlab_verifying.is_proved(secret, headers, body, now=at)


def hook(tracked: Tracked, number: int, *, secret: str = "s3cret") -> tuple[bytes, dict[str, str]]:
    if tracked.kind == "gitlab":
        body = json.dumps(
            {"object_kind": "issue", "project": {"path_with_namespace": PROJECT}, "object_attributes": {"iid": number}}
        ).encode()
        return body, {"X-Gitlab-Token": secret, "X-Gitlab-Event": "Issue Hook"}
    body = json.dumps({"action": "opened", "repository": {"full_name": PROJECT}, "issue": {"number": number}}).encode()
    return body, {**github_fake.signed(body, secret=secret), "X-GitHub-Event": "issues", "X-GitHub-Delivery": "d-1"}


def test_a_webhook_is_stored_once_and_what_is_true_is_asked_of_the_tracker(tracked: Tracked, client: Client) -> None:
    tracked.round()
    number = tracked.fake.add(title="new")
    body, headers = hook(tracked, number)
    for _ in range(2):
        assert client.post(f"/in/{tracked.kind}/main", body, content_type="application/json", headers=headers).status_code == 202
    row = Delivery.objects.get()
    assert (bytes(row.body), row.project, row.number, row.handled_at) == (body, PROJECT, number, None)
    Source.objects.update(due_at=database_now() + dt.timedelta(hours=1))
    tracked.thread.work()
    assert tracked.mirrored(number).title == "new"
    assert Tracker.objects.get().heard_at is not None
    wrong, headers = hook(tracked, number, secret="wrong")
    refused = client.post(f"/in/{tracked.kind}/main", wrong, content_type="application/json", headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (401, "not_signed_in")
    assert Delivery.objects.count() == 1
    Tracker.objects.update(webhook_env="")
    assert client.post(f"/in/{tracked.kind}/main", body, content_type="application/json", headers=headers).status_code == 503
    assert client.post(f"/in/{tracked.kind}/other", body, content_type="application/json", headers=headers).status_code == 404


def test_open_pages_hear_of_what_came_in_and_of_nothing_else(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(mirroring.bus, "board_changed", lambda: told.append("look again"))
    number = tracked.fake.add(title="new")
    tracked.round()
    assert told == ["look again"]
    tracked.round()
    assert told == ["look again"], "nothing changed"
    tracked.fake.change(number, state="closed")
    tracked.round()
    assert len(told) == 2
    mirroring.gone(tracked.mirrored(number).id)
    mirroring.gone(tracked.mirrored(number).id)
    assert len(told) == 3


def test_a_signed_webhook_of_gitlab_is_known_by_its_id(tracked: Tracked, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    if tracked.kind != "gitlab":
        pytest.skip("GitHub signs no id")
    monkeypatch.setenv("TRACKER_SECRET", TOKEN)
    for id_ in ("msg_1", "msg_1", "msg_2"):
        headers = gitlab_fake.signed(BODY, database_now().timestamp(), secret=TOKEN, id_=id_)
        assert client.post("/in/gitlab/main", BODY, content_type="application/json", headers=headers).status_code == 202
    assert sorted(Delivery.objects.values_list("delivery", flat=True)) == ["msg_1", "msg_2"]
