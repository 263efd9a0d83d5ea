"""A database of its own for what is measured in process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchbill.kernel import postgres


@contextmanager
def database() -> Iterator[Path]:
    """An embedded server with the tables of this release, and Django on it, as the running application's role."""
    folder = Path(tempfile.mkdtemp(prefix="watchbill-bench-"))
    for name in ("DATABASE_URL", "WATCHBILL_AS_OWNER"):
        os.environ.pop(name, None)
    os.environ |= {"WATCHBILL_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "watchbill.main.settings"}
    server = postgres.start(folder)
    try:
        subprocess.run([sys.executable, "-m", "watchbill.main.migrate"], check=True)
        import django

        django.setup()
        yield folder
        from django.db import connection

        connection.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
