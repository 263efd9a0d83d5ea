"""One row of the bench, and the page that keeps the last run."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Row:
    """`value` beside `limit`; `share` is how good it is against the first target: 1 reaches it, below 0.5 fails the run."""

    what: str
    value: str
    limit: str
    target: str
    share: float


def at_least(what: str, value: float, limit: float, ratio: float, *, unit: str) -> Row:
    """A rate that should be at least `ratio` of its limit."""
    return Row(what, f"{value:,.0f} {unit}", f"{limit:,.0f} {unit}, ratio {value / limit:.2f}", f">= {ratio}", value / limit / ratio)


def at_most(what: str, value: float, target: float, *, unit: str, beside: str = "") -> Row:
    """A time or size that should be at most `target`."""
    return Row(what, f"{value:,.2f} {unit}", beside, f"<= {target:g} {unit}", target / value if value else 99.0)


def no_later(what: str, value: float, limit: float, ratio: float, *, unit: str) -> Row:
    """A time that should be at most `ratio` of the same without what is in the way."""
    return Row(what, f"{value:,.2f} {unit}", f"{limit:,.2f} {unit}, ratio {value / limit:.2f}", f"<= {ratio}", ratio * limit / value)


def write(rows: list[Row], command: str) -> None:
    """Keep the run, with what it ran on."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()
    lines = ["# Benchmarks", "", "Machines are noisy: a ratio holds, a time does not. Limits are measured in the same run.", ""]
    lines += [
        f"`{command}`, {dt.datetime.now(dt.UTC):%Y-%m-%d}, commit {commit}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
    ]
    lines += ["| what | measured | limit beside it | first target | reached |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.what} | {row.value} | {row.limit} | {row.target} | {'yes' if row.share >= 1 else f'{row.share:.0%}'} |" for row in rows
    ]
    FILE.write_text("\n".join(lines) + "\n")
