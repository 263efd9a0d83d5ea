"""`apply`, `export` and `schema` as somebody types them."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import jsonschema
import pytest

from tests.config.example import EXAMPLE, SMALL
from watchbill.config import reader, selectors
from watchbill.config.models import Applied
from watchbill.incidents.models import Service
from watchbill.main import commands
from watchbill.people.models import Person


@pytest.fixture
def cli(capsys, db, monkeypatch):
    """Runs a command: exit code, standard output, standard error. `answer` is what is typed, or piped in."""

    def run(*words, answer=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(answer)))
        capsys.readouterr()
        code = commands.run_command([str(word) for word in words])
        said = capsys.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def file(tmp_path):
    def write(text, name="desk.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_apply_shows_what_changes_and_what_is_not_active_and_exits_0(cli, file):
    ran = cli("apply", file(EXAMPLE), "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert "+ people ada" in ran.out
    assert (
        "not active: chats slack: nothing is posted there and nothing is heard from there. Not set: WATCHBILL_SLACK_SIGNING, WATCHBILL_SLACK_TOKEN."
        in ran.out
    )
    assert "not active: queues oncall, backlog: nothing new comes in: the tracker gitlab is not read." in ran.out
    assert "Applied: 48 added." in ran.out
    again = cli("apply", file(EXAMPLE), "--yes")
    assert (again.code, "Nothing to change." in again.out) == (0, True)


def test_apply_asks_and_a_no_changes_nothing(cli, file):
    ran = cli("apply", file(SMALL), answer=b"n\n")
    assert ran.code == 1
    assert "Apply 7 added?" in ran.out
    assert "Nothing was changed." in ran.err
    assert not Person.objects.exists()


def test_apply_asks_and_a_yes_applies(cli, file):
    assert cli("apply", file(SMALL), answer=b"y\n").code == 0
    assert Person.objects.count() == 2


def test_where_nobody_answers_nothing_is_changed(cli, file):
    ran = cli("apply", file(SMALL))
    assert (ran.code, "`--yes` applies without a question." in ran.err) == (1, True)
    assert not Person.objects.exists()


def test_a_dry_run_changes_nothing(cli, file):
    ran = cli("apply", file(SMALL), "--dry-run")
    assert (ran.code, "Nothing was changed: --dry-run." in ran.out) == (0, True)
    assert not Person.objects.exists()


def test_a_bad_file_exits_1_with_every_line_on_standard_error(cli, file):
    path = file(SMALL.replace("timezone: UTC", "timezone: Mars/Base").replace("desk: paged", "desk: [x]"))
    ran = cli("apply", path, "--yes")
    assert (ran.code, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert lines[0].startswith(f"{path}:7: teams Ops, desk: a list does not fit here; expected paged or queue.")
    assert lines[1].startswith(f"{path}:11: schedules First, timezone: there is no time zone 'Mars/Base'")
    assert len(lines) == 2


@pytest.mark.parametrize("text", [EXAMPLE + "\n  - {", b"\xff\xfe\x00", b"", b"\x00" * 10, "[" * 10_000, "a: &a [*a]"])
def test_what_is_no_yaml_exits_1_with_a_line_and_no_traceback(cli, file, text):
    path = file(text)
    ran = cli("apply", path, "--yes")
    assert ran.code == 1
    assert ran.err.startswith(f"{path}:")
    assert "Traceback" not in ran.err


def test_a_file_that_is_not_there_is_refused_in_a_sentence(cli, tmp_path):
    ran = cli("apply", tmp_path / "none.yaml", "--yes")
    assert (ran.code, ran.err) == (1, f"{tmp_path}/none.yaml cannot be read: No such file or directory.\n")
    assert cli("apply", tmp_path, "--yes").code == 1


def test_a_dash_reads_standard_input(cli):
    assert cli("apply", "-", "--yes", answer=SMALL.encode()).code == 0
    refused = cli("apply", "-", "--yes", answer=b"a: [")
    assert refused.err.startswith("standard input:1: ")
    assert cli("apply", "-", answer=SMALL.replace("name: Ann", "name: A").encode()).code == 2


def test_json_prints_the_changes_for_machines(cli, file):
    made = json.loads(cli("apply", file(SMALL), "--yes", "--json").out)
    assert (made["applied"], made["counts"]["added"]) == (True, 7)
    Person.objects.filter(handle="ann").update(name="A")
    looked = json.loads(cli("apply", file(SMALL), "--dry-run", "--json").out)
    (change,) = looked["changes"]
    assert (change["verb"], change["fields"]) == ("changed here", [{"field": "name", "here": "A", "file": "Ann", "kept": True}])
    assert cli("apply", file(SMALL), "--json").code == 2


def test_changed_here_is_shown_and_kept_unless_overwritten(cli, file):
    cli("apply", file(SMALL), "--yes")
    Person.objects.filter(handle="ann").update(name="[red]A[/red]")
    ran = cli("apply", file(SMALL), "--yes")
    assert "! people ann changed here\n    name: [red]A[/red] changed here, kept; the file says Ann" in ran.out
    assert Person.objects.get(handle="ann").name == "[red]A[/red]"
    ran = cli("apply", file(SMALL), "--yes", "--overwrite")
    assert "    name: [red]A[/red] -> Ann" in ran.out
    assert Person.objects.get(handle="ann").name == "Ann"


LAYERS = """\
      - name: all
        shifts: {days: [mon], start: "00:00", length: 1w}
        rotation: {order: [ann, cleo], turn: 1w, starting: 2026-01-05}
"""
OTHER = """\
      - name: nights
        shifts: {days: [mon, tue], start: "20:00", length: 12h}
        rotation: {order: [[ann, cleo]], turn: 1 shift, starting: 2026-01-05}
      - name: all
        shifts: {days: [mon], start: "00:00", length: 1w}
        rotation: {order: [cleo, ann], turn: 2w, starting: 2026-01-05}
"""


def test_what_changes_of_a_rotation_a_policy_and_a_team_is_said_in_words(cli, file):
    """A person who is asked for a yes must be able to read what they agree to."""
    cli("apply", file(SMALL), "--yes")
    text = SMALL.replace(LAYERS, OTHER).replace("members: [ann, cleo]", "members: [cleo], roles: {ann: viewer}")
    text = text.replace(
        "wait: 15m}", "wait: 10m}\n      - {notify: [{person: cleo}, {webhook: 'https://u:secret@hooks.example/secret'}], wait: 5m}"
    )
    text = text.replace("policy: P}", "policy: P, group_for: 2h, urgency: {low: low}}")
    changed = cli("apply", file(text), "--yes").out
    for line in (
        "    layer nights: added: mon, tue at 20:00 for 12h; ann and cleo, each 1 shift, from 2026-01-05",
        "    layer all, order: ann; cleo -> cleo; ann",
        "    layer all, turn: 1w -> 2w",
        "    members, ann: responder -> viewer, not on the desk",
        "    step 1: schedule First; wait 15m -> schedule First; wait 10m",
        "    step 2: added: person cleo, webhook hooks.example; wait 5m",
    ):
        assert line in changed.splitlines()
    assert not [word for word in ("secret", "{", "...") if word in changed]
    moved = cli("apply", file(text.replace("hooks.example/secret", "hooks.example/other")), "--yes").out
    assert "the same, with another address" in moved
    assert "other'" not in moved
    back = cli("apply", file(SMALL), "--yes").out
    assert "    layer nights: removed: mon, tue at 20:00 for 12h; ann and cleo, each 1 shift, from 2026-01-05" in back.splitlines()


def test_a_rotation_that_was_changed_here_says_in_words_what_the_file_wants(cli, file):
    cli("apply", file(SMALL), "--yes")
    as_the_file_set_it = Applied.objects.get(kind="schedules").content
    cli("apply", file(SMALL.replace("order: [ann, cleo]", "order: [cleo, ann]")), "--yes")
    Applied.objects.filter(kind="schedules").update(content=as_the_file_set_it)
    ran = cli("apply", file(SMALL), "--yes")
    assert "    layer all, order: cleo; ann changed here, kept; the file says ann; cleo" in ran.out.splitlines()


def test_prune_says_what_it_deactivates(cli, file):
    cli("apply", file(SMALL), "--yes")
    less = file(SMALL[: SMALL.index("services:")])
    assert "? services S not in the file" in cli("apply", less, "--yes").out
    assert "- services S" in cli("apply", less, "--yes", "--prune").out
    assert not Service.objects.get().is_active


def test_export_prints_the_file_and_applying_it_changes_nothing(cli, file):
    cli("apply", file(EXAMPLE), "--yes")
    out = cli("export").out
    assert out == selectors.export()
    assert "Nothing to change." in cli("apply", file(out, "export.yaml"), "--yes").out
    as_json = cli("export", "--json").out
    assert json.loads(as_json) == reader.plain(reader.read(EXAMPLE))
    assert "Nothing to change." in cli("apply", file(as_json, "export.json"), "--yes").out


def test_schema_prints_a_schema_that_accepts_the_example(cli):
    schema = json.loads(cli("schema").out)
    jsonschema.Draft202012Validator(schema).validate(reader.plain(reader.read(EXAMPLE)))


def test_the_files_of_a_small_desk_with_webhooks_apply(cli, file):
    people = "\n".join(
        f'  - {{handle: {h}, name: {h.title()}, email: {h}@example.org, timezone: UTC, region: EMEA, contact: [{{kind: webhook, address: "http://127.0.0.1:9/{h}"}}]}}'
        for h in ("ann", "ben", "cleo", "max")
    )
    text = f"""organization: Bar
last_resort: cleo
people:
{people}
teams:
  - {{name: Ops, desk: paged, ownership: acker, members: [ann, ben, cleo]}}
  - {{name: Managers, desk: paged, ownership: acker, members: [max]}}
schedules:
  - name: First
    team: Ops
    timezone: UTC
    layers: [{{name: all, shifts: {{days: [mon], start: "00:00", length: 1w}}, rotation: {{order: [ann], turn: 1w, starting: 2026-01-05}}}}]
policies:
  - name: P
    team: Ops
    repeat: 0
    last_resort: cleo
    steps:
      - {{notify: [{{schedule: First}}], wait: 3s}}
      - {{notify: [{{person: max}}], wait: 3s}}
services:
  - {{name: S, team: Ops, policy: P}}
"""
    assert cli("apply", file(text), "--yes").code == 0
    assert "Nothing to change." in cli("apply", file(text), "--yes").out
