"""Every way in: what is answered, and that a 2xx is on disk and has its effect. Opsgenie's Alert API and the Events API v1 in their own shapes."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

import watchbill.connectors
from tests.factories import T0, actor
from tests.frontdoor.house import Answer, House, ask
from tests.intake.desk import Desk
from watchbill.connectors import alertmanager
from watchbill.connectors.inbound import WAYS
from watchbill.frontdoor import opsgenie_reads
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.intake.actions import create_key, revoke_key, set_mapping, take_in
from watchbill.intake.models import Alert, Event

FOLDER = Path(watchbill.connectors.__file__).parent
PAYLOADS = {kind: sorted((FOLDER / kind.replace("-", "_") / "payloads").glob("*.json")) for kind in WAYS}
GENIE = "/v2/alerts"


def secret(desk: Desk, kind: str) -> str:
    return create_key(desk.service, kind, by=actor(desk.grace), now=T0)[1]


@pytest.mark.parametrize("kind", sorted(WAYS))
def test_the_documented_messages_are_taken_whole_and_have_their_effect(house: House, desk: Desk, kind: str):
    key = secret(desk, kind)
    for path in PAYLOADS[kind]:
        assert house.post(f"/in/{kind}/{key}", path.read_bytes()).status == 202, path
        assert bytes(Event.objects.latest("id").body) == path.read_bytes()
    assert Event.objects.filter(kind=kind, state="pending").count() == len(PAYLOADS[kind]) > 0
    while take_in(now=T0):
        pass
    assert not Event.objects.exclude(state="done").exists()
    assert Alert.objects.exists()


@pytest.mark.parametrize("kind", sorted(WAYS))
def test_who_has_no_key_hears_nothing_else(house: House, desk: Desk, kind: str):
    key, of = create_key(desk.service, kind, by=actor(desk.grace), now=T0)
    raw = PAYLOADS[kind][0].read_bytes()
    for path, headers in ((f"/in/{kind}/{'0' * 31}z", []), (f"/in/{kind}", []), (f"/in/{kind}", [(b"authorization", b"Bearer nonsense")])):
        answer = house.post(path, raw, headers=headers)
        assert (answer.status, answer.json()["error"]) == (401, "unknown_key")
    assert house.post(f"/in/{kind}", raw, headers=[(b"authorization", b"Bearer " + of.encode())]).status == 202
    revoke_key(key.id, by=actor(desk.grace), now=T0)
    house.app.keys.forget()
    assert house.post(f"/in/{kind}/{of}", raw).status == 401
    assert Event.objects.count() == 1


@pytest.mark.parametrize("kind", sorted(WAYS))
def test_too_big_is_read_to_its_end_and_answered(house: House, desk: Desk, kind: str):
    parts = [b" " * 65536] * 80
    answer = house.run(ask(house.app, f"/in/{kind}/{secret(desk, kind)}", parts))
    assert (answer.status, answer.json()["error"], answer.headers["read"]) == (413, "too_big", "80")
    assert str(WAYS[kind].limit) in answer.json()["message"]


def test_github_is_known_by_its_signature_when_it_sends_one(house: House, desk: Desk):
    key = secret(desk, "github-alerts")
    raw = (FOLDER / "github_alerts/payloads/dependabot_created.json").read_bytes()
    right = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest().encode()
    path = f"/in/github-alerts/{key}"
    assert house.post(path, raw, headers=[(b"x-hub-signature-256", b"sha256=" + right)]).status == 202
    for wrong in (b"sha256=" + b"0" * 64, b"sha1=" + right, right, b"sha256=\xff"):
        answer = house.post(path, raw, headers=[(b"x-hub-signature-256", wrong)])
        assert (answer.status, answer.json()["error"]) == (401, "not_proven")
    assert house.post(path, raw + b" ", headers=[(b"x-hub-signature-256", b"sha256=" + right)]).status == 401
    assert Event.objects.count() == 1


def test_the_signature_is_the_one_that_github_documents():
    from watchbill.connectors import github_alerts

    body = b'{"data":{"activity":{"type":"activity-comment"},"report":{"id":"1337"}}}'
    signed = "sha256=d40a6085aa0553dd12abd516d12a21df3b7750e7850b0c44508bd2e1b654a365"
    assert github_alerts.unproven({"x-hub-signature-256": signed}.get, body, "s3cret") == ""  # type: ignore[arg-type]
    assert github_alerts.unproven({"x-hub-signature-256": signed}.get, body, "s3cret2") != ""  # type: ignore[arg-type]


def test_gitlab_is_known_by_its_token(house: House, desk: Desk):
    key = secret(desk, "gitlab-alerts").encode()
    raw = (FOLDER / "gitlab_alerts/payloads/pipeline_failed.json").read_bytes()
    assert house.post("/in/gitlab-alerts", raw, headers=[(b"x-gitlab-token", key)]).status == 202
    assert house.post("/in/gitlab-alerts", raw, headers=[(b"x-gitlab-token", b"other")]).status == 401
    answer = house.post(f"/in/gitlab-alerts/{key.decode()}", raw, headers=[(b"x-gitlab-token", b"other")])
    assert (answer.status, answer.json()["error"]) == (401, "not_proven")


def test_the_mapping_of_a_key_is_asked_when_the_event_is_taken_in(house: House, desk: Desk):
    key, of = create_key(desk.service, "generic", by=actor(desk.grace), now=T0)
    set_mapping(key.id, {"summary": "a.b", "severity": "a.c"}, by=actor(desk.grace), now=T0)
    house.post(f"/in/generic/{of}", {"a": {"b": "from the mapping", "c": "critical"}, "title": "usual"})
    house.post(f"/in/generic/{of}", {"a": {"c": "critical"}, "title": "usual"})
    take_in(now=T0)
    assert set(Alert.objects.values_list("summary", "severity")) == {("from the mapping", "critical"), ("usual", "critical")}
    outcomes = list(Event.objects.order_by("id").values_list("outcome", flat=True))
    assert "mapping" not in outcomes[0]
    assert "The mapping of summary finds nothing" in outcomes[1]
    assert TimelineEntry.objects.filter(text__contains="The mapping of summary finds nothing").exists()


class TestOpsgenie:
    @pytest.fixture
    def key(self, desk: Desk) -> str:
        return secret(desk, "opsgenie")

    def ask(self, house: House, key: str, path: str, body: Any = None, method: str = "POST", query: bytes = b"") -> Answer:
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = [(b"authorization", b"GenieKey " + key.encode())]
        return house.run(ask(house.app, path, [raw], method=method, headers=headers, query=query))

    def test_a_request_is_stored_and_answered_as_opsgenie_does(self, house: House, desk: Desk, key: str):
        answer = self.ask(house, key, GENIE, {"message": "x", "alias": "a"})
        assert answer.status == 202
        assert list(answer.json()) == ["result", "took", "requestId"]
        assert answer.json()["result"] == "Request will be processed"
        assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", answer.json()["requestId"])
        stored = Event.objects.get()
        assert (stored.kind, stored.dedup_key) == ("opsgenie", answer.json()["requestId"])
        assert json.loads(bytes(stored.body))["body"] == {"message": "x", "alias": "a"}

    @pytest.mark.req("P12", "P26")
    def test_an_alert_lives_as_its_requests_say_in_their_order(self, house: House, desk: Desk, key: str):
        by_alias = b"identifierType=alias"
        self.ask(house, key, GENIE, {"message": "Disk full", "alias": "a", "priority": "P3", "details": {"x": "1"}})
        self.ask(house, key, f"{GENIE}/a/acknowledge", {"note": "looking", "user": "cron"}, query=by_alias)
        take_in(now=T0)
        alert, incident = Alert.objects.get(), Incident.objects.get()
        assert (alert.severity, alert.state, alert.acknowledged_at is not None) == ("medium", "firing", True)
        assert (incident.status, incident.owner) == ("triggered", None)
        self.ask(house, key, f"{GENIE}/a/unacknowledge", {}, query=by_alias)
        self.ask(house, key, f"{GENIE}/a/notes", {"note": "still there"}, query=by_alias)
        self.ask(house, key, f"{GENIE}/a/details", {"details": {"y": "2"}}, query=by_alias)
        self.ask(house, key, f"{GENIE}/a/message", {"message": "Disk fuller"}, method="PUT", query=by_alias)
        self.ask(house, key, f"{GENIE}/a/description", {"description": "why"}, method="PUT", query=by_alias)
        self.ask(house, key, f"{GENIE}/a/priority", {"priority": "P1"}, method="PUT", query=by_alias)
        take_in(now=T0)
        alert.refresh_from_db()
        incident.refresh_from_db()
        assert (alert.summary, alert.severity, alert.acknowledged_at, alert.count) == ("Disk fuller", "critical", None, 2)
        assert alert.details == {"x": "1", "y": "2", "description": "why"}
        assert incident.severity == "critical"
        told = " ".join(TimelineEntry.objects.filter(incident=incident).values_list("text", flat=True))
        for words in ("cron: looking", "took its acknowledgement back", "still there", "added details: y", "priority to P1"):
            assert words in told
        self.ask(house, key, f"{GENIE}/a/close", {}, query=by_alias)
        take_in(now=T0)
        alert.refresh_from_db()
        assert alert.state == "resolved"
        assert not Event.objects.exclude(state="done").exists()
        assert Incident.objects.count() == 1

    def test_made_and_changed_in_one_round(self, house: House, desk: Desk, key: str):
        self.ask(house, key, GENIE, {"message": "one", "alias": "a", "details": {"x": "1"}})
        self.ask(house, key, f"{GENIE}/a/message", {"message": "two"}, method="PUT", query=b"identifierType=alias")
        self.ask(house, key, f"{GENIE}/a/details", {"details": {"y": "2"}}, query=b"identifierType=alias")
        take_in(now=T0)
        alert = Alert.objects.get()
        assert (alert.summary, alert.details["x"], alert.details["y"]) == ("two", "1", "2")

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            (b"{", 400, "Could not parse"),
            (b"[1]", 422, "body"),
            (b"", 422, "message"),
            (b"{}", 422, "message"),
            (b'{"message": 3}', 422, "message"),
            (b'{"message": "  "}', 422, "message"),
            (b"[" * 5000, 400, "Could not parse"),
            (b'{"message":"x"},"asked":{"act":"Close"}', 400, "Could not parse"),
            (b'{"message":"x"}}', 400, "Could not parse"),
        ],
    )
    def test_what_cannot_be_taken_is_said_in_opsgenies_shape(
        self, house: House, desk: Desk, key: str, body: bytes, status: int, words: str
    ):
        answer = self.ask(house, key, GENIE, body)
        assert answer.status == status
        assert {"message", "took", "requestId"} <= set(answer.json())
        assert words in json.dumps(answer.json())
        assert not Event.objects.exists()

    def test_without_a_key_401(self, house: House, desk: Desk, key: str):
        for given in ("", "x", "0" * 32):
            answer = self.ask(house, given, GENIE, {"message": "x"})
            assert (answer.status, set(answer.json())) == (401, {"message", "took", "requestId"})
        assert house.post(GENIE, {"message": "x"}).status == 401
        assert not Event.objects.exists()

    def test_too_big_413_and_what_a_monitor_may_not_do_422(self, house: House, desk: Desk, key: str):
        assert self.ask(house, key, GENIE, b" " * (512 * 1024 + 1)).status == 413
        for path, method in ((f"{GENIE}/a/snooze", "POST"), (f"{GENIE}/a/assign", "POST"), (f"{GENIE}/a", "DELETE")):
            answer = self.ask(house, key, path, {}, method=method, query=b"identifierType=alias")
            assert answer.status == 422
            assert "Watchbill" in answer.json()["message"] or "Close the alert" in answer.json()["message"]
        assert self.ask(house, key, GENIE, {}, method="PUT").status == 404
        assert not Event.objects.exists()

    def test_questions_and_ids_go_behind(self, house: House, desk: Desk, key: str):
        for path, method, query in (
            (f"{GENIE}/requests/x", "GET", b""),
            (f"{GENIE}/7/close", "POST", b""),
            (f"{GENIE}/7/close", "POST", b"identifierType=tiny"),
        ):
            assert "x-behind" in self.ask(house, key, path, {}, method=method, query=query).headers


class TestOpsgenieBehind:
    """What needs the database: answered by Django."""

    @pytest.fixture
    def key(self, desk: Desk) -> str:
        return secret(desk, "opsgenie")

    def call(self, key: str, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        answer = Client().generic(
            method,
            f"{GENIE}{path}",
            json.dumps(body or {}),
            "application/json",
            QUERY_STRING="&".join(f"{k}={v}" for k, v in query.items()),
            headers={"Authorization": f"GenieKey {key}"},
        )
        return answer.status_code, answer.json()

    def made(self, house: House, key: str, alias: str = "a") -> str:
        body = {"message": "Disk full", **({"alias": alias} if alias else {})}
        return house.post(GENIE, body, headers=[(b"authorization", b"GenieKey " + key.encode())]).json()["requestId"]

    def test_the_state_of_a_request(self, house: House, desk: Desk, key: str):
        request_id = self.made(house, key)
        assert self.call(key, "GET", f"/requests/{request_id}")[0] == 404
        take_in(now=T0)
        status, said = self.call(key, "GET", f"/requests/{request_id}")
        assert status == 200
        data = said["data"]
        assert (data["success"], data["isSuccess"], data["action"], data["alias"]) == (True, True, "Create", "a")
        assert data["alertId"] == str(Alert.objects.get().id)
        assert "#" in data["status"]
        other = create_key(desk.add_service("Other")[0], "opsgenie", by=actor(desk.grace), now=T0)[1]
        assert self.call(other, "GET", f"/requests/{request_id}")[0] == 404
        assert self.call("0" * 32, "GET", f"/requests/{request_id}")[0] == 401

    def test_an_alias_with_slashes_is_an_alias(self, house: House, desk: Desk, key: str):
        self.made(house, key, "host/db1/disk")
        take_in(now=T0)
        assert self.call(key, "GET", "/host/db1/disk", identifierType="alias")[1]["data"]["message"] == "Disk full"
        assert self.call(key, "GET", "/host/db1/none", identifierType="alias")[0] == 404

    def test_while_the_database_is_away_it_says_so_in_its_own_shape(self, key: str, monkeypatch: pytest.MonkeyPatch):
        def away() -> None:
            raise OperationalError

        monkeypatch.setattr(opsgenie_reads, "database_now", away)
        answer = Client().get(f"{GENIE}/requests/x", headers={"Authorization": f"GenieKey {key}"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "requestId" in answer.json()

    @pytest.mark.parametrize("by", ["id", "tiny", "alias"])
    def test_an_alert_is_shown_and_closed_by_its_id(self, house: House, desk: Desk, key: str, by: str):
        self.made(house, key)
        take_in(now=T0)
        name = "a" if by == "alias" else str(Alert.objects.get().id)
        status, said = self.call(key, "GET", f"/{name}", identifierType=by)
        assert (status, said["data"]["status"], said["data"]["message"], said["data"]["priority"]) == (200, "open", "Disk full", "P3")
        status, said = self.call(key, "POST", f"/{name}/close", {"note": "done"}, identifierType=by)
        assert (status, said["result"]) == (202, "Request will be processed")
        take_in(now=T0)
        assert self.call(key, "GET", f"/requests/{said['requestId']}")[1]["data"]["success"] is True
        assert self.call(key, "GET", f"/{name}", identifierType=by)[1]["data"]["status"] == "closed"

    def test_an_id_that_is_no_alert_is_stored_and_said_to_have_failed(self, house: House, desk: Desk, key: str):
        status, said = self.call(key, "POST", "/424242/close")
        assert status == 202
        take_in(now=T0)
        data = self.call(key, "GET", f"/requests/{said['requestId']}")[1]["data"]
        assert (data["isSuccess"], data["alertId"]) == (False, "")

    def test_the_alert_of_another_service_is_no_alert(self, house: House, desk: Desk, key: str):
        self.made(house, key)
        take_in(now=T0)
        other = create_key(desk.add_service("Other")[0], "opsgenie", by=actor(desk.grace), now=T0)[1]
        alert = Alert.objects.get()
        assert self.call(other, "GET", f"/{alert.id}")[0] == 404
        assert self.call(other, "POST", f"/{alert.id}/close")[0] == 202
        take_in(now=T0)
        alert.refresh_from_db()
        assert alert.state == "firing"

    @pytest.mark.req("R8")
    def test_of_a_restricted_service_nothing_can_be_read(self, house: House, desk: Desk):
        service, _ = desk.add_service("Insider", restricted=True)
        key = create_key(service, "opsgenie", by=actor(desk.grace), now=T0)[1]
        request_id = self.made(house, key)
        take_in(now=T0)
        alert, incident = Alert.objects.get(), Incident.objects.get()
        assert self.call(key, "GET", f"/{alert.id}")[0] == 404
        assert self.call(key, "GET", "/a", identifierType="alias")[0] == 404
        assert str(incident.number) not in json.dumps(self.call(key, "GET", f"/requests/{request_id}")[1]["data"]["status"])

    def test_an_alert_that_a_route_sent_elsewhere_is_found_and_closed_by_its_id(self, house: House, desk: Desk, key: str):
        desk.add_service("Storage")
        desk.service.routes = [{"when": {"summary": "/./"}, "to": {"service": "Storage"}}]
        desk.service.save()
        request_id = self.made(house, key)
        take_in(now=T0)
        alert = Alert.objects.get()
        assert alert.service.name == "Storage"
        assert self.call(key, "GET", f"/requests/{request_id}")[1]["data"]["alertId"] == str(alert.id)
        assert self.call(key, "GET", "/a", identifierType="alias")[1]["data"]["id"] == str(alert.id)
        assert self.call(key, "POST", f"/{alert.id}/close")[0] == 202
        take_in(now=T0)
        alert.refresh_from_db()
        assert alert.state == "resolved"
        other = create_key(desk.add_service("Other")[0], "opsgenie", by=actor(desk.grace), now=T0)[1]
        assert self.call(other, "GET", f"/{alert.id}")[0] == 404

    @pytest.mark.req("R8")
    def test_of_an_incident_to_which_a_route_led_its_number_is_not_told_when_it_is_restricted(self, house: House, desk: Desk, key: str):
        desk.add_service("Insider", restricted=True)
        desk.service.routes = [{"when": {"summary": "/./"}, "to": {"service": "Insider"}}]
        desk.service.save()
        request_id = self.made(house, key)
        take_in(now=T0)
        assert Incident.objects.get().restricted
        data = self.call(key, "GET", f"/requests/{request_id}")[1]["data"]
        assert (data["success"], data["status"], data["alertId"]) == (True, "Done.", "")

    def test_refusals(self, desk: Desk, key: str):
        assert self.call(key, "POST", "/7/snooze")[0] == 422
        assert self.call(key, "DELETE", "/7")[0] == 422
        assert self.call(key, "PUT", "/7/message", {})[0] == 422
        assert self.call(key, "PUT", "/7/priority", {"priority": "P9"})[0] == 422
        assert self.call(key, "GET", "")[0] == 404
        assert self.call(key, "GET", "/7/logs")[0] == 404
        assert self.call(key, "POST", "/7/notes", {"note": "x" * 600_000})[0] == 413
        assert not Event.objects.exists()


class TestFirstVersion:
    PATH = "/generic/2010-04-15/create_event.json"

    def test_triggers_and_resolves(self, house: House, desk: Desk):
        event = {"service_key": desk.key, "event_type": "trigger", "incident_key": "k", "description": "FAILURE", "details": {"load": 0.7}}
        answer = house.post(self.PATH, event)
        assert (answer.status, answer.json()) == (200, {"status": "success", "message": "Event processed", "incident_key": "k"})
        assert desk.key.encode() not in bytes(Event.objects.get().body)
        take_in(now=T0)
        assert (Alert.objects.get().summary, Alert.objects.get().severity, Alert.objects.get().details) == (
            "FAILURE",
            "high",
            {"load": 0.7},
        )
        house.post(self.PATH, {"service_key": desk.key, "event_type": "resolve", "incident_key": "k"})
        take_in(now=T0)
        assert Alert.objects.get().state == "resolved"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"service_key": "x"},
            {"service_key": 3},
            {"event_type": "x"},
            {"description": " "},
            {"event_type": "resolve"},
            {"incident_key": "x" * 256},
            {"incident_key": 3},
        ],
    )
    def test_what_is_wrong_is_said(self, house: House, desk: Desk, wrong: dict[str, Any]):
        answer = house.post(self.PATH, {"service_key": desk.key, "event_type": "trigger", "description": "x", **wrong})
        assert (answer.status, answer.json()["status"]) == (400, "invalid event")
        assert answer.json()["errors"]
        assert not Event.objects.exists()

    def test_an_unknown_key_is_an_invalid_event(self, house: House, desk: Desk):
        assert house.post(self.PATH, {"service_key": "0" * 32, "event_type": "trigger", "description": "x"}).status == 400


def test_alertmanagers_own_reader_is_unchanged():
    assert alertmanager.parse(PAYLOADS["alertmanager"][0].read_bytes(), "").drafts
