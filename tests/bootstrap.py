"""Gives the tests a database before Django looks for one.

`WATCHBILL_TEST_DATABASE_URL` names a server that is there already; otherwise the embedded one is started in a temporary folder.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("WATCHBILL_SECRET_KEY", "only-for-tests")
os.environ["WATCHBILL_AS_OWNER"] = "1"
if url := os.environ.get("WATCHBILL_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
elif "WATCHBILL_TEST_FOLDER" not in os.environ:
    from watchbill.kernel import postgres

    folder = Path(tempfile.mkdtemp(prefix="watchbill-tests-"))
    os.environ["WATCHBILL_TEST_FOLDER"] = os.environ["WATCHBILL_DATA"] = str(folder)
    server = postgres.start(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
