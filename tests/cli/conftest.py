"""Runs a command in this process, as the console script would: exit code, standard output, standard error."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from watchbill.main import commands


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def nobody_is_named(monkeypatch):
    for name in ("WATCHBILL_AS", "WATCHBILL_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cli(capsys, db) -> Callable[..., Ran]:
    def run(*words: object) -> Ran:
        arguments = [str(word) for word in words]
        capsys.readouterr()
        code = commands.run_command(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run
