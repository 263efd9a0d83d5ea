"""The embedded database: starts, recovers, refuses with a sentence."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from watchbill.kernel import postgres
from watchbill.kernel.errors import NotReady, Refused

ROOT = os.geteuid() == 0


def connect(folder: Path) -> psycopg.Connection:
    return psycopg.connect(postgres.connection_parameters(folder).conninfo, autocommit=True)


def test_a_new_folder_starts_with_a_plain_owner_behind_a_password_and_private_files(tmp_path):
    folder = tmp_path / "data"
    server = postgres.start(folder)
    try:
        with connect(folder) as connection:
            assert connection.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
                "watchbill",
                False,
            )
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=str(postgres.socket_folder(folder)), user="postgres", dbname="postgres", password="wrong")
        assert stat.S_IMODE((folder / "pgpass").stat().st_mode) == 0o600
        assert stat.S_IMODE(postgres.socket_folder(folder).stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert not (folder / "pgpass.first").exists()
    finally:
        server.stop()
    assert server.process.returncode == 0


def test_a_second_start_on_the_folder_is_refused_with_the_holder(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres._lock, "__kwdefaults__", {"patience": 0.2})
    server = postgres.start(tmp_path)
    try:
        assert postgres.is_held(tmp_path)
        with pytest.raises(Refused, match=rf"in use by another Watchbill \(process {os.getpid()}\)"):
            postgres.start(tmp_path)
    finally:
        server.stop()
    assert not postgres.is_held(tmp_path)


@pytest.mark.parametrize("name", ["with spaces and 'quotes'", "long-" * 30, "ünïcode"])
def test_unusual_paths_work(tmp_path, name):
    folder = tmp_path / name
    server = postgres.start(folder)
    try:
        with connect(folder) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


CHILD = """
import pathlib, sys, time
from watchbill.kernel import postgres
server = postgres.start(pathlib.Path(sys.argv[1]))
print(server.process.pid, flush=True)
time.sleep(600)
"""


def held_by_a_child(folder: Path) -> tuple[subprocess.Popen[str], int]:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True)
    return child, int(child.stdout.readline())


@pytest.mark.parametrize("victims", ["parent", "database", "both"])
def test_acknowledged_rows_survive_a_kill_9(tmp_path, victims):
    child, pid = held_by_a_child(tmp_path)
    with connect(tmp_path) as connection:
        connection.execute("CREATE TABLE t (n int)")
        for n in range(50):
            connection.execute("INSERT INTO t VALUES (%s)", [n])
        if victims != "database":
            os.kill(child.pid, signal.SIGKILL)
        if victims != "parent":
            os.kill(pid, signal.SIGKILL)
    if victims == "database":
        child.kill()
    child.wait()
    server = postgres.start(tmp_path)
    try:
        with connect(tmp_path) as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (50,)
    finally:
        server.stop()


def test_the_database_dies_with_a_killed_parent(tmp_path):
    child, pid = held_by_a_child(tmp_path)
    child.kill()
    child.wait()
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_half_made_cluster_is_made_again(tmp_path):
    (tmp_path / "pg.new").mkdir()
    (tmp_path / "pg.new" / "PG_VERSION").write_text("18\n")
    server = postgres.start(tmp_path)
    server.stop()
    assert not (tmp_path / "pg.new").exists()


def test_another_version_is_refused_with_the_way_to_move(tmp_path):
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("12\n")
    with pytest.raises(Refused, match=r"made by PostgreSQL 12.*watchbill --data .* backup FILE.*restore FILE"):
        postgres.start(tmp_path)


def test_a_folder_keeps_the_version_that_made_it(tmp_path, monkeypatch):
    if postgres.find_binaries("16") is None:
        pytest.fail("the wheel carries PostgreSQL 16 beside 18")
    monkeypatch.setattr(postgres, "MAJOR", "16")
    postgres.start(tmp_path).stop()
    monkeypatch.undo()
    server = postgres.start(tmp_path)
    try:
        with connect(tmp_path) as connection:
            assert connection.execute("SHOW server_version").fetchone()[0].startswith("16.")
    finally:
        server.stop()


def test_what_cannot_start_says_why(tmp_path):
    postgres.start(tmp_path).stop()
    (tmp_path / "pg" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(NotReady, match=r"no_such_setting|configuration file"):
        postgres.start(tmp_path)


@pytest.mark.skipif(not ROOT, reason="only root can be kept from a folder by its owner's namespace, and only root can mount")
def test_a_full_disk_is_refused_and_leaves_nothing(tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(folder)], check=True)
    try:
        with pytest.raises(Refused, match=r"could not be made in .*No space left"):
            postgres.start(folder)
        assert not (folder / "pg").exists()
        assert not (folder / "pg.new").exists()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    script = (
        "import os, pathlib, sys; os.setuid(65534)\nfrom watchbill.kernel import postgres\nfrom watchbill.kernel.errors import Refused\n"
    )
    script += "try:\n    postgres._check_folder(pathlib.Path(sys.argv[1]))\nexcept Refused as e:\n    print(e.message)"
    folder = tmp_path / "mine"
    folder.mkdir()
    for parent in [folder, *list(folder.parents)[:4]]:
        parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", "from watchbill.kernel import postgres\n" + script, str(folder)], capture_output=True, text=True, check=True
    )
    assert "belongs to user 0, this process runs as user 65534" in done.stdout


def test_a_machine_without_namespaces_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(postgres.shutil, "which", lambda name: None)
    with pytest.raises(Refused, match="forbids user namespaces"):
        postgres._unprivileged(tmp_path)
