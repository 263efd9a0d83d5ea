"""Every refusal has the one shape, whatever refused it; nothing that is sent makes a 500."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from tests.api.routes import VALID, operations, request_for

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]


def in_shape(got, status: int, code: str = "") -> bool:
    assert got.status == status, got
    assert got.headers["Content-Type"] == "application/json"
    assert list(got.body) == ["error", "message", "details"]
    assert isinstance(got.body["details"], dict)
    assert got.body["message"][:1].isupper() or ":" in got.body["message"]
    assert got.body["message"].endswith(".")
    assert not code or got.body["error"] == code, got.body
    return True


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/incidents", b"{", 400, "bad_json"),
        ("POST", "/incidents", b"", 422, "invalid"),
        ("POST", "/incidents", b"\xff\xfe", 400, "bad_json"),
        ("POST", "/incidents", b"[" * 100_000, 400, "bad_json"),
        ("POST", "/incidents", b'{"title": "\\ud800", "service": "S"}', 400, "bad_json"),
        ("POST", "/incidents", b'{"title": NaN, "service": "S"}', 400, "bad_json"),
        ("POST", "/incidents", b'{"title": 1e999999, "service": "S"}', 400, "bad_json"),
        ("POST", "/incidents", b"[1]", 422, "invalid"),
        ("POST", "/incidents", b"null", 422, "invalid"),
        ("POST", "/incidents", b'{"title": "a\\u0000b", "service": "S"}', 422, "invalid"),
        ("POST", "/incidents", {"title": "x", "service": "no such"}, 422, "invalid"),
        ("POST", "/incidents", {"title": "x", "service": "S", "colour": "red"}, 422, "invalid"),
        ("POST", "/incidents", {"title": "x", "service": "S", "severity": "red"}, 422, "invalid"),
        ("POST", "/incidents", {"title": "x" * 1025, "service": "S"}, 422, "invalid"),
        ("POST", "/incidents", {"title": "x", "service": "S", "restricted": "yes"}, 422, "invalid"),
        ("POST", "/incidents/1/acknowledge", {"take_over": 1}, 422, "invalid"),
        ("POST", "/incidents/1/acknowledge", {}, 404, "not_found"),
        ("POST", "/incidents/0/acknowledge", {}, 404, "not_found"),
        ("GET", "/incidents/99999999999999999999999", None, 404, "not_found"),
        ("GET", f"/incidents/{'9' * 5000}", None, 404, "not_found"),
        ("GET", "/incidents/-1", None, 404, "not_found"),
        ("GET", "/incidents/one", None, 404, "not_found"),
        ("GET", "/incidents/1/nothing", None, 404, "not_found"),
        ("GET", "/incidents/", None, 404, "not_found"),
        ("GET", "/", None, 404, "not_found"),
        ("GET", "", None, 404, "not_found"),
        ("GET", "/incidents?limit=0", None, 422, "invalid"),
        ("GET", "/incidents?limit=9999999999999999999999", None, 422, "invalid"),
        ("GET", "/incidents?limit=many", None, 422, "invalid"),
        ("GET", "/incidents?status=red", None, 422, "invalid"),
        ("GET", "/incidents?cursor=nonsense", None, 422, "invalid"),
        ("GET", "/incidents?cursor=%00", None, 422, "invalid"),
        ("GET", f"/incidents?q={quote('x' * 300)}", None, 422, "invalid"),
        ("GET", "/people?cursor=-1", None, 422, "invalid"),
        ("GET", f"/people?cursor={'9' * 19}", None, 422, "invalid"),
        ("GET", "/people?cursor=%D9%A1", None, 422, "invalid"),
        ("GET", "/audit?cursor=abc", None, 422, "invalid"),
        ("GET", "/audit?incident=99999999999999999999999", None, 422, "invalid"),
        ("GET", "/audit?incident=5", None, 404, "not_found"),
        ("GET", "/audit?since=yesterday", None, 422, "invalid"),
        ("GET", "/notifications", None, 422, "invalid"),
        ("GET", "/notifications?incident=5", None, 404, "not_found"),
        ("GET", "/oncall?schedule=Nothing", None, 404, "not_found"),
        ("GET", "/oncall?schedule=%00", None, 422, "invalid"),
        ("GET", "/oncall?at=noon", None, 422, "invalid"),
        ("GET", "/oncall?at=2026-11-02T09:00:00", None, 422, "invalid"),
        ("GET", "/oncall?at=0001-01-01T00:00:00Z", None, 422, "invalid"),
        ("GET", "/oncall?at=9999-12-31T23:59:59-12:00", None, 422, "invalid"),
        ("GET", "/oncall?at=1970-06-01T00:00:00Z", None, 422, "invalid"),
        ("GET", "/schedules/First/shifts", None, 422, "invalid"),
        ("GET", "/schedules/First/shifts?from=2026-11-02T00:00:00Z&to=2026-11-02T00:00:00Z", None, 422, "invalid"),
        ("GET", "/schedules/First/shifts?from=2026-11-02T00:00:00Z&to=2036-11-02T00:00:00Z", None, 422, "invalid"),
        ("GET", "/schedules/Nothing/shifts?from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z", None, 404, "not_found"),
        ("GET", "/schedules/%00/shifts?from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z", None, 422, "invalid"),
        ("GET", "/schedules/%ff/shifts?from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z", None, 404, "not_found"),
        ("DELETE", "/incidents", None, 405, "method_not_allowed"),
        ("PUT", "/incidents/1", b"{}", 405, "method_not_allowed"),
        ("PATCH", "/audit", b"{}", 405, "method_not_allowed"),
    ],
)  # fmt: skip
def test_refusals_have_one_shape(desk, method, path, body, status, code):
    got = desk.ask(method, f"/api/v1{path}", desk.root, body)
    assert in_shape(got, status, code)


def test_a_body_of_another_kind_is_refused(desk):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""):
        got = desk.ask("POST", "/api/v1/incidents", desk.root, {"title": "x", "service": "S"}, content_type=kind)
        assert in_shape(got, 415, "unsupported_media_type")
    assert desk.post("/incidents", desk.root, {"title": "x", "service": "S"}, content_type="application/json; charset=utf-8").status == 201


def test_a_body_that_is_too_big_is_refused(desk):
    got = desk.post("/incidents", desk.root, {"title": "x" * (2 * 1024 * 1024), "service": "S"})
    assert in_shape(got, 413, "too_big")


def test_an_unknown_address_has_the_shape_where_csrf_is_checked(desk):
    response = Client(enforce_csrf_checks=True).post("/api/v1/nothing", {}, content_type="application/json")
    assert (response.status_code, response.json()["error"]) == (404, "not_found")


def test_a_method_that_an_address_does_not_take_says_which_it_takes(desk):
    allowed = desk.ask("DELETE", "/api/v1/incidents", desk.root).headers["Allow"]
    assert set(allowed.split(", ")) == {"GET", "POST"}


def test_a_database_that_is_away_is_said_so(desk, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("watchbill.api.incidents.search", away)
    got = desk.get("/incidents", desk.alice)
    assert in_shape(got, 503, "not_ready")
    assert got.headers["Retry-After"] == "5"


def test_what_breaks_is_said_and_logged_without_its_words(desk, monkeypatch, caplog):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("the secret name")

    monkeypatch.setattr("watchbill.api.incidents.search", broken)
    got = desk.get("/incidents", desk.alice)
    assert in_shape(got, 500, "internal")
    assert "secret" not in json.dumps(got.body)
    assert "GET api/v1/incidents" in caplog.text


def test_what_breaks_before_the_api_has_the_shape_too(desk):
    with override_settings(MIDDLEWARE=["watchbill.api.errors.JsonErrors", "tests.api.test_errors.refuse_everything"]):
        response = Client().get("/api/v1/incidents")
    assert (response.status_code, response.json()["error"], response.headers["Retry-After"]) == (429, "too_many_requests", "7")


def refuse_everything(get_response):
    from django.http import HttpResponse

    return lambda request: HttpResponse("<h1>slow down</h1>", status=429, headers={"Retry-After": "7"})


def test_a_refusal_elsewhere_is_left_alone(desk):
    with override_settings(MIDDLEWARE=["watchbill.api.errors.JsonErrors", "tests.api.test_errors.refuse_everything"]):
        assert Client().get("/incidents").content == b"<h1>slow down</h1>"


NASTY = [
    None,
    0,
    -1,
    2**63,
    2**200,
    1.5,
    True,
    "",
    " ",
    "\x00",
    "x" * 30_000,
    [],
    {},
    [[]],
    {"a": {"b": []}},
    ["\x00"],
    "2026-13-01T00:00:00Z",
]


@pytest.mark.parametrize("route", sorted(route for route in VALID if VALID[route][1]), ids=" ".join)
def test_no_value_in_any_field_of_any_body_breaks_it(desk, route):
    assert route in operations()
    number = desk.open().number
    method, path, body = request_for(route, number)
    for field in body:
        for value in NASTY:
            got = desk.ask(method, path, desk.alice, {**body, field: value})
            assert got.status < 500, (field, value)
            if got.status >= 400:
                assert in_shape(got, got.status)
