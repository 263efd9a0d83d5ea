"""Every address against everybody: who gets through, who is refused, and that nobody learns of what is restricted.

The addresses come from the URL map, so one without a rule in tests/matrix/rules.py fails here, by name.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from tests.committed import committed
from tests.matrix.cast import ANYBODY, OF_THE_TEAM, PAGED, RESPONDERS, SECRET, World, build
from tests.matrix.rules import ACTS, ANY_METHOD, API, NO_SUCH_THING, NOT_FOR_PEOPLE, PAGES, Rule
from watchbill.audit.models import Record
from watchbill.incidents.models import TimelineEntry
from watchbill.kernel.clock import database_now
from watchbill.paging.models import Page


def hides(rule: Rule) -> bool:
    """Can it be asked about something that only those who were paged for it may know of?"""
    return rule.secret is not None and rule.secret <= PAGED


RULES = {**PAGES, **API}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROWS = [pytest.param(path, method, id=f"{method} {path}") for path, row in RULES.items() for method in row]
HIDING = [pytest.param(path, method, id=f"{method} {path}") for path, row in RULES.items() for method, rule in row.items() if hides(rule)]
UNSAFE = [pytest.param(path, method, id=f"{method} {path}") for path, row in RULES.items() for method in row if method != "GET"]
NEVER_WAS = {"number": 999_999_937, "owned": 999_999_937, "done": 999_999_937, "event_id": 999_999_937}
HOW_TO = """
There is no rule for {missing}.
Add to tests/matrix/rules.py, in {table}, a row that says who may, by the sets of tests/matrix/cast.py:
    "{path}": {{"GET": Rule(SIGNED_IN)}},
or for a form  {{"POST": Rule(RESPONDERS, send={{"field": "value"}})}}.
Give `secret=PAGED` when it can be about a restricted incident. See class Rule for all that can be said. A new placeholder of an address
gets its value in tests/matrix/cast.py: `common`, or `_objects` when it can be restricted. Do not widen a set to make it pass."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with committed(django_db_blocker):
        yield build()


@dataclass(frozen=True)
class Heard:
    """What came back, and everything that it says: of somebody who was refused also the page that a redirect leads to."""

    status: int
    to: str
    text: str
    stored: int  # records of the audit, lines of timelines

    @property
    def asks_to_sign_in(self) -> bool:
        return self.status == 401 or (self.status == 302 and self.to.startswith("/accounts/login/"))

    @property
    def is_through(self) -> bool:
        return self.status < 400 and not self.asks_to_sign_in


def walk(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Every address of the map; one that takes many acts, once for each."""
    for each in resolver.url_patterns:
        address = before + re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(each.pattern)).strip("^$")
        if isinstance(each, URLResolver):
            yield from walk(each, address)
        elif address in ACTS:
            placeholder, acts = ACTS[address]
            yield from (address.replace(placeholder, act) for act in acts)
        else:
            yield address


def fill(said: Any, values: dict[str, Any]) -> Any:
    """Put what they stand for in the place of placeholders."""
    if isinstance(said, dict):
        return {fill(name, values): fill(value, values) for name, value in said.items()}
    if isinstance(said, list):
        return [fill(value, values) for value in said]
    return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), said) if isinstance(said, str) else said


def address_of(path: str, rule: Rule, values: dict[str, Any]) -> str:
    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name not in rule.at and name not in values:
            pytest.fail(f"{path}: nobody says what <{name}> stands for. Add it to tests/matrix/cast.py, or `at` of its rule.")
        return str(fill(rule.at[name], values) if name in rule.at else values[name])

    filled = re.sub(r"<(?:\w+:)?(\w+)>", put, path)
    return filled + (f"?{fill(rule.query, values)}" if rule.query else "")


def evidence() -> int:
    """How much is written down: of what was done, and in the stories of incidents."""
    tables = (Record._meta.db_table, TimelineEntry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return int(cursor.fetchone()[0])


def ask(
    world: World, who: str, method: str, path: str, rule: Rule, values: dict[str, Any], *, csrf: bool = False, follow: bool = True
) -> Heard:
    """One request of one person, and what it stored, all of it undone afterwards."""
    undone = transaction.atomic()
    undone._from_testcase = True  # type: ignore[attr-defined]  # durable actions may begin inside
    before = evidence()
    with undone:
        heard = _ask(world, who, method, address_of(path, rule, values), fill(rule.send, values), csrf=csrf, before=before, follow=follow)
        transaction.set_rollback(True)
    return heard


def _ask(world: World, who: str, method: str, address: str, send: Any, *, csrf: bool, before: int, follow: bool) -> Heard:
    api = address.startswith("/api/")
    more: dict[str, Any] = {}
    client = world.browser("anonymous" if api and not csrf else who, csrf=csrf)
    if api and not csrf and who != "anonymous":
        more["headers"] = {"Authorization": f"Bearer {world.tokens[who]}"}
    if method == "GET":
        got = client.get(address, **more)
    elif api or callable(send):
        body = json.dumps(send() if callable(send) else send)
        got = client.generic(method, address, body, content_type="application/json", **more)
    elif method == "POST":
        got = client.post(address, send or {}, **more)
    else:
        got = client.generic(method, address, **more)
    to = got.headers.get("Location", "")
    text = "" if got.streaming else got.content.decode()
    stored = evidence() - before
    if follow and to.startswith("/") and not api:
        text += client.get(to).content.decode()
    return Heard(got.status_code, to, f"{text}\n{to}".lower(), stored)


def expect(heard: Heard, who: str, method: str, rule: Rule, *, secret: bool) -> str:
    """What is wrong with it; nothing when all is well."""
    allowed = rule.secret if secret and rule.secret is not None else rule.to
    if who in allowed:
        fine = heard.status == rule.status if rule.status else heard.is_through
        if not fine:
            return f"must get through, and hears {heard.status} {heard.to}"
        if method != "GET" and not rule.silent and not heard.stored:
            return f"gets through ({heard.status}), and nothing written tells of it"
        return ""
    if heard.stored:
        return f"is refused with {heard.status}, and {heard.stored} records were written"
    if secret and hides(rule) and who in PAGED:  # knows of it, and may not do this
        refused = (403, 404) if method == "GET" else (403, 404, 303, 409)  # a form leads back to its page, which says why
        return "" if heard.status in refused else f"must be refused, and hears {heard.status}"
    if secret and hides(rule) and who != "anonymous":
        return "" if heard.status == rule.hidden else f"must hear {rule.hidden} as if it were not there, and hears {heard.status}"
    if who in rule.unseen:
        return "" if heard.status == 404 else f"must hear 404, and hears {heard.status}"
    if who == "anonymous":
        return "" if heard.asks_to_sign_in else f"must be asked to sign in, and hears {heard.status}"
    if secret and heard.status == 404:  # what is open to the team and restricted here is not there for others
        return ""
    seen = (403,) if method == "GET" else (403, 303, 409)  # a form that is refused leads back to its page, which says why
    return "" if heard.status in seen else f"must be refused, and hears {heard.status}"


def leaks(world: World, heard: Heard, who: str, *, secret: bool) -> str:
    """Which word was said that this person must not read?"""
    if who not in PAGED:
        words = {SECRET} | (set() if secret else world.secret_words)
        for word in words:
            if re.search(rf"(?<![0-9a-f]){re.escape(word)}(?![0-9a-f])", heard.text):
                return f"learns {word!r} of a restricted incident"
    if who not in RESPONDERS and OF_THE_TEAM in heard.text:
        return "reads what is for the team's responders"
    return ""


def test_every_address_has_a_rule_and_no_rule_is_left_over():
    there = {
        each for each in walk(get_resolver("watchbill.main.urls")) if not each.startswith(NOT_FOR_PEOPLE) and each not in NO_SUCH_THING
    }
    missing = sorted(there - set(RULES))
    if missing:
        table = "API" if missing[0].startswith("/api/") else "PAGES"
        pytest.fail(HOW_TO.format(missing=", ".join(missing), path=missing[0], table=table))
    assert not set(RULES) - there, "These addresses are gone; take their rows out of tests/matrix/rules.py."


@pytest.mark.parametrize(("path", "method"), ROWS)
def test_who_gets_through_who_is_refused_and_nobody_learns_what_is_restricted(
    world: World, path: str, method: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    rule, wrong = RULES[path][method], []
    for secret in (False, True) if rule.secret is not None else (False,):
        for who in sorted(ANYBODY):
            through = who in (rule.secret if secret and rule.secret is not None else rule.to)
            heard = ask(world, who, method, path, rule, world.secret_values if secret else world.values, follow=not through)
            said = [expect(heard, who, method, rule, secret=secret), leaks(world, heard, who, secret=secret)]
            wrong += [f"{who}{' (restricted)' if secret else ''} {each}" for each in said if each]
    assert not wrong, f"{method} {path}, by its rule in tests/matrix/rules.py:\n  " + "\n  ".join(wrong)
    assert SECRET not in caplog.text.lower()


@pytest.mark.parametrize(("path", "method"), HIDING)
@pytest.mark.parametrize("who", ["charlie", "grace", "root"])
def test_what_is_restricted_and_what_never_was_look_the_same(world: World, path: str, method: str, who: str):
    """Team mates, managers and administrators too: a restricted case is need-to-know."""
    rule, said = RULES[path][method], []
    for values in (world.secret_values, world.secret_values | NEVER_WAS):
        heard = ask(world, who, method, path, rule, values)
        plain = re.sub(r'back=[^"&]*|value="[^"]*"|data-now="[^"]*"|datetime="[^"]*"|\d+:\d\d|\d+ s ago', "", heard.text)
        for number in {values[name] for name in NEVER_WAS if values[name] > 9999}:
            plain = re.sub(rf"\b{number}\b", "N", plain)
        said.append((heard.status, heard.stored, plain.splitlines()))
    differs = [pair for pair in zip(said[0][2], said[1][2], strict=False) if pair[0] != pair[1]]
    assert not differs
    assert said[0] == said[1]


@pytest.mark.parametrize(("path", "method"), UNSAFE)
def test_a_form_from_another_site_changes_nothing(world: World, path: str, method: str):
    rule = RULES[path][method]
    who = next(iter(sorted(rule.to - {"anonymous"})), "root")
    heard = ask(world, who, method, path, rule, world.values, csrf=True)
    if rule.no_csrf:
        assert heard.status != 403
    else:
        assert (heard.status, heard.stored) == (403, 0)


@pytest.mark.parametrize("path", [path for path in RULES if not path.startswith(ANY_METHOD)])
def test_no_address_takes_a_method_that_has_no_rule(world: World, path: str):
    some = next(iter(RULES[path].values()))
    heard = {method: ask(world, "root", method, path, some, world.values) for method in METHODS if method not in RULES[path]}
    taken = {method: each.status for method, each in heard.items() if each.status != 405}
    assert not taken, f"{path} takes {taken}: give each a Rule in tests/matrix/rules.py, or refuse it with require_safe or require_POST"
    assert not any(each.stored for each in heard.values())


def test_no_number_of_the_metrics_counts_what_is_restricted(world: World):
    """Whoever reads them needs no account. What was set aside of a restricted service is counted by `doctor` and on the page of its key."""
    Page.objects.update(set_aside_at=database_now())
    try:
        said = world.browser("anonymous").get("/metrics").content.decode()
    finally:
        Page.objects.update(set_aside_at=None)
    counted = dict(re.findall(r"^(watchbill_\w+) (\S+)$", said, re.MULTILINE))
    assert counted["watchbill_events_aside"] == "1.0"  # there are two, one of them restricted
    assert counted["watchbill_pages_aside"] == str(
        float(Page.objects.filter(incident__restricted=False).exclude(status="resolved").count())
    )
    assert counted["watchbill_incidents_triggered"] == "1.0"
    assert counted["watchbill_incidents_acknowledged"] == "4.0"  # and four that are restricted
