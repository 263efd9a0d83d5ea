"""Runs the tests marked `database` once more, on a server of another major version that is reached by DATABASE_URL over TCP."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from watchbill.kernel import postgres


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="watchbill-external-"))
    binaries = postgres.find_binaries("16") or postgres.find_binaries("15") or postgres.find_binaries()
    if binaries is None:
        print("No second PostgreSQL was found: install Debian's `postgresql` package")
        return 1
    server, url = start(folder, binaries, durable=False)  # what these rows hold is forgotten anyway
    try:
        environment = {**os.environ, "WATCHBILL_TEST_DATABASE_URL": url}
        # only the files that have such a test: to collect all takes each worker 15 s
        files = sys.argv[1:] or sorted(str(file) for file in Path("tests").rglob("test_*.py") if "mark.database" in file.read_text())
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-m", "database and not long", *files],
            env=environment,
            check=False,
        ).returncode
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, binaries: Path, port: int = 0, *, durable: bool = True) -> tuple[subprocess.Popen[bytes], str]:
    """A server with a password on this port of this machine, a free one when none is given. A folder that has one already is started again."""
    prefix = postgres._unprivileged(folder)
    if not (folder / "pg").exists():
        (folder / "first").write_text("only-for-tests\n")
        make = [binaries / "initdb", "-D", folder / "pg", "-U", "tester", "-E", "UTF8", "--locale=C"]
        subprocess.run([*prefix, *make, f"--pwfile={folder / 'first'}", "--auth=scram-sha-256"], check=True, capture_output=True)
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    settings = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", *([] if durable else ["fsync=off"])]
    command = [*prefix, binaries / "postgres", "-D", folder / "pg", *(part for one in settings for part in ("-c", one))]
    with open(folder / "log", "ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(300):
        try:
            said = (folder / "pg" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            said = []
        if len(said) > 7 and said[0] == str(server.pid) and said[7].strip() == "ready":
            break
        time.sleep(0.1)
    return server, f"postgresql://tester:only-for-tests@127.0.0.1:{port}/external"


if __name__ == "__main__":
    sys.exit(main())
