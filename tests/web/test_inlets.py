"""Inlets: what came in by which key, what it did, and who may see and change it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.intake.actions import create_key, take_in
from watchbill.intake.models import Event, IntegrationKey
from watchbill.intake.rules import digest_of
from watchbill.intake.selectors import log
from watchbill.people.models import Membership
from watchbill.people.selectors import viewer_of


@pytest.fixture
def key(desk: Desk) -> IntegrationKey:
    Membership.objects.create(team=desk.team, person=desk.people.setdefault("ada", make.person("ada")), role="admin", on_desk=False)
    return create_key(desk.service, "generic", "prod", by=make.actor(desk.root), now=desk.now)[0]


def put(key: IntegrationKey, body: Any, desk: Desk, **fields: Any) -> Event:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Event.objects.create(key=key, service=key.service, kind=key.kind, received_at=desk.now, body=raw, **fields)


def page(desk: Desk, name: str, path: str, status: int = 200) -> str:
    answer = desk.as_(name).get(path)
    assert answer.status_code == status
    return answer.content.decode()


def content_of(answer: Any) -> str:
    return answer.content.decode().split("<main")[1].split("</main>")[0]


def test_responders_see_the_keys_of_their_teams_and_nobody_else(desk: Desk, key: IntegrationKey):
    event = put(key, {"summary": "disk full"}, desk, state="aside")
    for name in ("alice", "bob", "grace", "ada", "root"):
        assert f"…{key.hint}" in page(desk, name, "/inlets")
        assert "disk full" in page(desk, name, f"/inlets/{key.id}")
        assert 'href="/inlets"' in page(desk, name, "/")
    paths = [
        f"/inlets/{key.id}",
        f"/inlets/{key.id}/rotate",
        f"/inlets/{key.id}/revoke",
        f"/inlets/{key.id}/mapping",
        f"/inlets/{key.id}/events/{event.id}/again",
    ]
    for name in ("charlie", "vera"):
        assert "Detections" not in desk.as_(name).get("/inlets").content.decode()
        for path in paths:
            assert desk.as_(name).post(path).status_code == 404
        nothing = desk.as_(name).get("/inlets/424242")
        assert nothing.status_code == 404
        assert content_of(nothing) == content_of(desk.as_(name).get(paths[0]))
    assert desk.as_("vera").get("/inlets").status_code == 404
    assert Event.objects.get().state == "aside"
    assert Record.objects.filter(action__in=("key.rotate", "key.revoke", "key.mapping", "event.again")).count() == 0


@pytest.mark.parametrize("act", ["rotate", "revoke", "mapping"])
def test_responders_look_and_admins_change(desk: Desk, key: IntegrationKey, act: str):
    for name in ("alice", "grace"):
        assert desk.as_(name).post(f"/inlets/{key.id}/{act}").status_code == 403
        assert f"/inlets/{key.id}/{act}" not in page(desk, name, f"/inlets/{key.id}")
    key.refresh_from_db()
    assert (key.revoked_at, key.ends_at, key.mapping) == (None, None, None)
    assert f"/inlets/{key.id}/{act}" in page(desk, "ada", f"/inlets/{key.id}")


@pytest.mark.req("R8")
def test_of_a_restricted_service_only_counts_are_shown(desk: Desk):
    policy = make.policy("Q", desk.team, ([make.to(desk.alice)], "15m"), last_resort=desk.root)
    service = make.service("Insider", desk.team, policy, restricted=True)
    key = create_key(service, "generic", by=make.actor(desk.root), now=desk.now)[0]
    event = put(key, {"summary": "customer data on pastebin"}, desk, state="aside", outcome="KeyError: pastebin")
    for name in ("alice", "grace", "root"):
        for path in (f"/inlets/{key.id}", f"/inlets/{key.id}?only=aside", "/inlets"):
            html = page(desk, name, path)
            assert "pastebin" not in html
            assert "1 set aside" in html
        assert desk.as_(name).post(f"/inlets/{key.id}/events/{event.id}/again").status_code == 404


def test_the_log_shows_what_each_event_did_and_why_it_did_not_page(desk: Desk, key: IntegrationKey):
    put(key, {"title": "<script>alert(1)</script>", "status": "ok"}, desk)
    put(key, {"title": "Certificate ends", "severity": "critical"}, desk)
    put(key, b"\xff\xfe not json \x00", desk, state="aside", outcome="Unreadable: not JSON")
    take_in(now=desk.now)
    html = page(desk, "alice", f"/inlets/{key.id}")
    assert "No alert with this key fires: nothing to do." in html
    assert re.search(r'Opened <a href="/incidents/(\d+)">#\1</a>\.', html)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert 'class="state box is-red"' in html
    assert "Unreadable: not JSON" in html
    assert "Certificate ends" not in page(desk, "alice", f"/inlets/{key.id}?only=aside")


def test_a_long_body_is_cut_and_says_its_size(desk: Desk, key: IntegrationKey):
    put(key, {"a": "x" * 100_000}, desk)
    html = page(desk, "alice", f"/inlets/{key.id}")
    assert "Cut here: the whole has 97.7" in html
    assert html.count("x" * 1000) < 21


def test_page_by_page(desk: Desk, key: IntegrationKey):
    for n in range(30):
        put(key, {"n": f"event-{n}-"}, desk)
    first = page(desk, "alice", f"/inlets/{key.id}")
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)
    assert older
    second = page(desk, "alice", f"/inlets/{key.id}{older[1].replace('&amp;', '&')}")
    assert sorted(map(int, re.findall(r"event-(\d+)-", first) + re.findall(r"event-(\d+)-", second))) == list(range(30))
    assert page(desk, "alice", f"/inlets/{key.id}?before=nonsense") != ""


def test_what_was_set_aside_is_taken_in_again_once(desk: Desk, key: IntegrationKey):
    event = put(key, {"title": "Disk full"}, desk, state="aside", tries=5, outcome="KeyError: 'x'")
    path = f"/inlets/{key.id}/events/{event.id}/again"
    assert desk.as_("alice").get(path).status_code == 405
    assert desk.as_("alice").post(path).status_code == 303
    event.refresh_from_db()
    assert (event.state, event.tries, event.outcome) == ("pending", 0, "")
    record = Record.objects.get(action="event.again")
    assert (record.actor, record.object_id, record.detail["error"]) == ("alice", str(event.id), "KeyError: 'x'")
    assert "was not set aside" in desk.as_("alice").post(path, follow=True).content.decode()
    take_in(now=desk.now)
    event.refresh_from_db()
    assert event.state == "done"
    assert desk.as_("alice").post(f"/inlets/{key.id}/events/424242/again").status_code == 404
    other = create_key(desk.service, by=make.actor(desk.root), now=desk.now)[0]
    assert desk.as_("alice").post(f"/inlets/{other.id}/events/{event.id}/again").status_code == 404


def test_a_key_is_replaced_and_shown_once(desk: Desk, key: IntegrationKey):
    answer = desk.as_("ada").post(f"/inlets/{key.id}/rotate", {"overlap": "24"})
    html = answer.content.decode()
    new = IntegrationKey.objects.get(follows=key)
    secret = re.search(r"\b[0-9a-f]{32}\b", html)
    assert secret
    assert bytes(new.digest) == digest_of(secret[0])
    assert answer.headers["Cache-Control"] == "no-store"
    key.refresh_from_db()
    assert key.ends_at is not None
    assert abs((key.ends_at - desk.now).total_seconds() - 86400) < 60
    assert secret[0] not in page(desk, "ada", f"/inlets/{new.id}")
    assert f"/inlets/{new.id}" in page(desk, "ada", f"/inlets/{key.id}")
    assert desk.as_("ada").post(f"/inlets/{key.id}/rotate", {"overlap": "24"}).status_code == 409
    assert desk.as_("ada").post(f"/inlets/{new.id}/rotate", {"overlap": "77"}).status_code == 422


def test_a_key_is_revoked(desk: Desk, key: IntegrationKey):
    assert "takes no events any more" in desk.as_("ada").post(f"/inlets/{key.id}/revoke", follow=True).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_sample_is_tried_and_a_mapping_kept(desk: Desk, key: IntegrationKey):
    sample, wanted = '{"a": {"b": "Disk <b>full</b>", "c": "P1"}}', "summary: a.b\nseverity: a.c\n"
    html = desk.as_("alice").post(f"/inlets/{key.id}", {"mapping": wanted, "sample": sample}).content.decode()
    assert "Disk &lt;b&gt;full&lt;/b&gt;" in html
    assert not Event.objects.exists()
    key.refresh_from_db()
    assert key.mapping is None
    assert (
        "is no JMESPath expression"
        in desk.as_("alice").post(f"/inlets/{key.id}", {"mapping": "summary: 'a['", "sample": sample}).content.decode()
    )
    assert "The body is not valid JSON" in desk.as_("alice").post(f"/inlets/{key.id}", {"sample": "{"}).content.decode()
    assert desk.as_("ada").post(f"/inlets/{key.id}/mapping", {"mapping": "colour: x"}).status_code == 422
    assert desk.as_("ada").post(f"/inlets/{key.id}/mapping", {"mapping": wanted}).status_code == 303
    key.refresh_from_db()
    assert key.mapping == {"summary": "a.b", "severity": "a.c"}
    assert Record.objects.get(action="key.mapping").detail["after"] == key.mapping


def test_a_sample_of_a_known_format_is_tried_too(desk: Desk, key: IntegrationKey):
    grafana = create_key(desk.service, "grafana", by=make.actor(desk.root), now=desk.now)[0]
    assert "no list named" in desk.as_("alice").post(f"/inlets/{grafana.id}", {"sample": "{}"}).content.decode()
    sample = json.dumps({"alerts": [{"status": "firing", "labels": {"alertname": "DiskFull"}}]})
    assert "DiskFull" in desk.as_("alice").post(f"/inlets/{grafana.id}", {"sample": sample}).content.decode()


def test_lists_and_counts_are_found_by_their_index(desk: Desk, key: IntegrationKey):
    rows = [Event(key=key, service=key.service, kind="generic", received_at=desk.now, body=b"{}", state="done") for _ in range(3000)]
    other = create_key(desk.service, by=make.actor(desk.root), now=desk.now)[0]
    rows += [Event(key=other, service=key.service, kind="events", received_at=desk.now, body=b"{}", state="done") for _ in range(3000)]
    Event.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_event")
        sql, values = Event.objects.filter(key=key, id__lt=10**9).order_by("-id")[:26].query.sql_with_params()
        cursor.execute("EXPLAIN " + sql, values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "event_key" in plan, plan
        assert "Sort" not in plan
        cursor.execute("EXPLAIN SELECT id FROM intake_event WHERE kind = 'opsgenie' AND dedup_key = 'x'")
        assert "event_request" in "\n".join(row[0] for row in cursor.fetchall())
    assert log.counts([key.id, other.id]) == {key.id: log.Counts(3000), other.id: log.Counts(3000)}
    assert len(list(log.keys_for(viewer_of(desk.alice)))) == 2
