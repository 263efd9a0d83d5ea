"""The frame of the command line: which module has a command, how a wrong line ends, what a start loads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import typer.main

from watchbill.cli import app as frame
from watchbill.main import commands, serve_command

HEAVY = ("allauth.account.forms", "granian", "holidays", "httpx", "jsonschema", "ninja", "ruamel.yaml")


def run(*words: str, code: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """The console script in a process of its own, without a database unless one is named."""
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "watchbill.main"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WATCHBILL_") and name != "DATABASE_URL"}
    return subprocess.run([*command, *words], env={**clean, **env}, capture_output=True, text=True, timeout=60, check=False)


def test_every_command_is_found_in_the_module_that_is_named_for_it():
    """Otherwise it would load every module, or not be found at all."""
    commands._load_commands("")
    group = typer.main.get_command(frame.app)
    of_main = {"serve", "backup", "restore"}
    for name, command in group.commands.items():
        if name in of_main:
            continue
        callback = next(iter(command.commands.values())).callback if hasattr(command, "commands") else command.callback
        assert callback.__module__ == f"watchbill.cli.{frame.MODULES.get(name)}", f"{name}: name its module in MODULES"
    assert set(frame.MODULES) <= set(group.commands)


def test_what_only_waits_loads_nothing_that_it_would_keep_for_weeks(tmp_path):
    ran = run(code="import sys, watchbill.main.watching; print(*sys.modules)", WATCHBILL_DATA=str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    loaded = {name.split(".")[0] for name in ran.stdout.split()}
    assert "watchbill" in loaded
    assert loaded.isdisjoint({"django", "psycopg", "pydantic", "typer", "asyncio", "granian"})


def test_a_command_loads_no_more_than_it_needs(tmp_path):
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'watchbill.main.settings'; "
        "from watchbill.main import commands; django.setup(); commands._load_commands('incidents'); print(*sys.modules)"
    )
    ran = run(code=code, WATCHBILL_DATA=str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    loaded = set(ran.stdout.split())
    assert "watchbill.cli.desk" in loaded
    assert loaded.isdisjoint(HEAVY)
    assert not any(
        name.startswith("watchbill.cli.") for name in loaded - {f"watchbill.cli.{name}" for name in ("app", "desk", "identity", "usage")}
    )


def test_help_needs_no_database(tmp_path):
    ran = run("--help", WATCHBILL_DATA=str(tmp_path))
    assert ran.returncode == 0
    for name in (*frame.MODULES, "serve"):
        assert name in ran.stdout
    assert not list(tmp_path.glob("pg*"))


@pytest.mark.parametrize("words", [("show", "1"), ("incidents", "--json"), ("ack", "1", "--as", "ada")])
def test_a_folder_without_an_installation_is_said_in_one_sentence(tmp_path, words):
    ran = run(*words, "--data", str(tmp_path / "none"))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert str(tmp_path / "none") in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_said_in_one_sentence():
    ran = run("incidents", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", WATCHBILL_SECRET_KEY="x")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Traceback" not in ran.stderr


def test_a_url_of_another_database_is_refused():
    ran = run("incidents", DATABASE_URL="mysql://x", WATCHBILL_SECRET_KEY="x")
    assert ran.returncode == 1
    assert "postgresql://" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("words", [("who", "--data"), ("who", "--data="), ("--data", "--json", "who"), ("serve", "--bind", "8470")])
def test_an_option_without_what_it_needs_is_wrong_usage(words):
    ran = run(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "expected" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serve", "--role", "x"), "Invalid value for '--role': 'x' is not one of 'all', 'web', 'engine', 'frontdoor'.\n"),
        (("serve", "--port", "1"), "No such option: --port"),
        (("incidents", "--limit", "x"), "Invalid value for '--limit': expected a whole number, such as 20\n"),
    ],
)
def test_wrong_usage_is_said_in_our_words(capsys, words, said):
    code = serve_command.run(list(words[1:])) if words[0] == "serve" else commands.run_command(list(words))
    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith(said)
    assert error.splitlines()[-1] == f"Try: watchbill {words[0]} --help"


def test_output_that_nobody_takes_is_said_in_one_sentence():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "watchbill.main", "schema"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert ran.returncode == 1
    assert ran.stderr == "The command could not go on: No space left on device.\n"


def test_words_that_are_not_text_are_wrong_usage(cli):
    ran = cli("page", "a\udcffb", "--service", "S", "--as", "ada")
    assert (ran.code, "UTF-8" in ran.err) == (2, True)


@pytest.mark.django_db
def test_every_command_has_a_sentence_of_help(cli):
    commands._load_commands("")
    group = typer.main.get_command(frame.app)
    for name, command in group.commands.items():
        for each in (command, *getattr(command, "commands", {}).values()):
            assert each.help, name
            assert each.help.strip().splitlines()[0].rstrip().endswith((".", ",", ":", "?")), each.help


def test_text_for_a_terminal_has_no_control_characters():
    assert frame.printable("a\x1b[31m\x07\u202e\ud800\nb\tc é 漢") == "a\ufffd[31m\ufffd\ufffd\ufffd b c é 漢"
