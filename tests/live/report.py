"""Writes what a long run counted into docs/faults.md, with the date and the commit it was counted on."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "docs" / "faults.md"
HEAD = """# Faults

What was counted while Watchbill was hurt on purpose. `make long` makes these tables; `make test` runs the same checks with small counts.
"""


def write(name: str, what: str, rows: list[tuple[str, object]]) -> None:
    """Replace the section `name` by these rows."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()
    lines = [f"## {name}", "", what, "", "| counted | |", "|---|---|"]
    lines += [f"| {label} | {value} |" for label, value in rows]
    lines += ["", f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, commit {commit}.", ""]
    text = FILE.read_text() if FILE.exists() else HEAD
    section = "\n".join(lines)
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    text = pattern.sub(lambda _: section + "\n", text) if pattern.search(text) else f"{text.rstrip()}\n\n{section}\n"
    FILE.write_text(text.rstrip() + "\n")
    sys.stdout.write(section + "\n")
