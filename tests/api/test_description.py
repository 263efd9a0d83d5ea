"""What is published about the API is true: the description is valid, its page lists every operation, and random requests keep to it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.api.routes import VALID, operations
from watchbill.people.permissions import SCOPES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]


def test_the_description_is_open_to_all_and_names_every_operation():
    got = Client().get("/api/v1/openapi.json")
    assert got.status_code == 200
    paths = got.json()["paths"]
    assert {(method.upper(), path.removeprefix("/api/v1")) for path, methods in paths.items() for method in methods} == set(VALID)
    for methods in paths.values():
        for operation in methods.values():
            assert operation["x-scope"] in SCOPES
            assert operation["security"] == [{"Bearer": []}, {"Session": []}]
            assert "4XX" in operation["responses"]


@pytest.mark.urls("watchbill.main.urls")
def test_the_page_lists_every_operation_and_loads_nothing_from_elsewhere():
    page = Client().get("/api/v1/docs").content.decode()
    for method, path in VALID:
        assert f"{method} /api/v1{path}" in page
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "<script>" not in page
    assert "onclick" not in page


CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]
CALM = settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], derandomize=True, database=None
)


@cache
def described() -> schemathesis.schemas.BaseSchema:
    """What is published, read once."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())


@pytest.fixture
def one_connection():
    """A real handler would end the test's own connection with each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("route", sorted(VALID), ids=" ".join)
def test_random_requests_are_answered_as_described(desk, one_connection, route):
    """Status, content type and body are those that are published, and nothing is a server error. Asked by one who may and one who may not."""
    method, path = route
    there = {"number": desk.open().number, "name": "P" if path.startswith("/policies") else "First"}
    operation = described()[f"/api/v1{path}"][method]
    tokens = [desk.token(desk.root), desk.token(desk.charlie)]

    @CALM
    @given(case=operation.as_strategy(), real=st.booleans())
    def ask(case, real):
        if real:  # at random nobody meets an incident, a schedule or a policy that there is
            case.path_parameters.update({name: value for name, value in there.items() if name in case.path_parameters})
            if isinstance(case.query, dict):
                case.query.update({name: there["number"] for name in ("incident",) if name in case.query})
            if isinstance(case.body, dict) and "service" in case.body:
                case.body["service"] = "S"
        for token in tokens:
            case.call_and_validate(headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}, checks=CHECKS)

    ask()


def test_the_reference_names_every_operation_with_its_scope():
    text = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text()
    rows = re.findall(r"^\| `(GET|POST|PUT|PATCH|DELETE) (\S+)` \| `(\S+)` \|", text, re.MULTILINE)
    assert {(method, path): scope for method, path, scope in rows} == operations()
    assert len(rows) == len(operations())
