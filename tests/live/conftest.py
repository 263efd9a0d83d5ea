"""A data folder that was made once: most tests begin with a copy of it, as an installation that was started before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import server
from watchbill.kernel import postgres


@pytest.fixture(scope="session", autouse=True)
def made_before(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make the folder and its tables, stopped clean."""
    folder = tmp_path_factory.mktemp("made") / "data"
    held = postgres.start(folder)
    try:
        env = {name: value for name, value in os.environ.items() if name not in server.OURS} | {"WATCHBILL_DATA": str(folder)}
        subprocess.run([sys.executable, "-m", "watchbill.main.migrate"], env=env, check=True)
    finally:
        held.stop()
    (folder / "secret_key").unlink(missing_ok=True)
    server.TEMPLATE = Path(folder)
