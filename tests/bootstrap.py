"""Gives the tests a database before Django looks for one.

`WATCHBILL_TEST_DATABASE_URL` names a server that is there already; otherwise the embedded one is started in a temporary folder.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import pytest

os.environ.setdefault("WATCHBILL_SECRET_KEY", "only-for-tests")
os.environ["WATCHBILL_AS_OWNER"] = "1"
os.environ.setdefault("WATCHBILL_DRILL_BEFORE", "0")  # no test page besides those that a test asks for, whatever day it is
if url := os.environ.get("WATCHBILL_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
elif "WATCHBILL_TEST_FOLDER" not in os.environ:
    from watchbill.kernel import postgres

    folder = Path(tempfile.mkdtemp(prefix="watchbill-tests-"))
    os.environ["WATCHBILL_TEST_FOLDER"] = os.environ["WATCHBILL_DATA"] = str(folder)
    postgres.SETTINGS |= {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}  # what these rows hold is forgotten anyway
    server = postgres.start(folder)
    postgres.SETTINGS |= {"fsync": "on", "full_page_writes": "on", "max_connections": "80"}
    # as superuser: tests that commit must empty tables that refuse it to everybody else
    os.environ["DATABASE_URL"] = "postgresql://postgres@/watchbill?" + urlencode(
        {"host": postgres.socket_folder(folder), "passfile": folder / "pgpass"}
    )
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: groups of browser and server tests stay on one worker each, and the others fill what is left."""
    items.sort(key=lambda item: 0 if item.get_closest_marker("browser") else 1 if item.get_closest_marker("live") else 2)


def pytest_collection_finish() -> None:
    """Thousands of tests and what they import are there to stay: no collection of garbage looks at them again."""
    gc.collect()
    gc.freeze()
