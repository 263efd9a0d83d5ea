"""A form that nobody changed says what stands there, whatever the configuration says; what is typed becomes words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.config.strategies import files
from watchbill.config.rules import BY_KIND, Standing, fill
from watchbill.people.permissions import Viewer
from watchbill.web.admin import forwarding
from watchbill.web.admin.editors import Editor, World
from watchbill.web.admin.questions import Each, Group, Line, Names, Pairs, Question, Tick
from watchbill.web.admin.rights import Rights
from watchbill.web.views.admin import beats, people, rotations, services, steps, teams


def forms(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], list[Question]]]:
    """Every entry of the document with the questions of its form."""
    kinds = ("people", "teams", "schedules", "policies", "services", "heartbeats")
    rows = {kind: [dict(row) for row in document.get(kind, [])] for kind in kinds}
    current = {(kind, row[BY_KIND[kind].key]): fill(kind, row) for kind in kinds for row in rows[kind]}
    there = World(Standing(current), document)
    rights = Rights(Viewer(1, "root", is_admin=True), {row["name"]: n for n, row in enumerate(rows["teams"])})
    for kind in kinds:
        for row in rows[kind]:
            words = {field: value for field, value in row.items() if field != BY_KIND[kind].key}
            asked = {
                "people": lambda _: list(people.ASKED),
                "teams": lambda words: teams.questions(there, words),
                "schedules": lambda words: rotations.questions(there, rights, words, dt.date(2026, 1, 5)),
                "policies": lambda words: steps.questions(there, rights, words),
                "services": lambda words: [
                    *services.questions(there, rights),
                    forwarding.question(there.options("services"), there.options("policies"), words),
                ],
                "heartbeats": lambda _: beats.questions(there, rights),
            }[kind](words)
            yield kind, words, asked


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(files())
def test_the_inputs_of_every_form_say_what_the_words_say(document: dict[str, Any]):
    for kind, words, asked in forms(document):
        for question in asked:
            values = question.read(words)
            rest = {field: value for field, value in words.items() if field not in question.fields}
            again = {**rest, **question.words(values)}
            assert fill(kind, again) == fill(kind, words), question
            shown = [each.value for block in [question.block(values, {})] for part in (block, *block.parts) for each in part.inputs]
            assert shown


def test_words_that_nobody_touched_stay_as_the_file_wrote_them():
    there = {"group_for": "60m", "storm": {"within": "300s"}, "routes": [{"when": {"a": "b"}, "to": {"drop": True}}]}
    editor = Editor("services", "Web", [Line("group_for", ""), Group("storm", "", [Line("within", "")], off="off", tick="on")], there)
    assert editor.words(editor.values()) == there
    assert editor.words({**editor.values(), "group_for": ["2h"]}) == {**there, "group_for": "2h"}


def test_what_is_typed_becomes_words():
    assert Names("f", "").words({"f": [" a, ,b ,"]}) == {"f": ["a", "b"]}
    assert Names("f", "").words({"f": [" , "]}) == {}
    assert Pairs("f", "").words({"f": ["P1 = critical\r\n\r\n a=b = low \nrubbish"]}) == {
        "f": {"P1": "critical", "a=b": "low", "rubbish": ""}
    }
    assert Each("f", "", ("x", "y"), ()).words({"f.x": ["low"], "f.y": [""]}) == {"f": {"x": "low"}}
    assert Line("f", "", counts=True).words({"f": ["12"]}) == {"f": 12}
    assert Line("f", "", counts=True).words({"f": ["1e3"]}) == {"f": "1e3"}
    assert Line("f", "", counts=True).words({"f": ["9" * 40]}) == {"f": "9" * 40}
    assert Tick("f", "").words({}) == {}
    storm = Group("storm", "", [Line("incidents", "", counts=True), Line("within", "")], off="off", tick="on")
    assert storm.words({"storm.incidents": ["5"]}) == {"storm": "off"}
    assert storm.words({"storm.on": ["yes"], "storm.incidents": ["5"], "storm.within": ["x"]}) == {"storm": {"incidents": 5, "within": "x"}}
