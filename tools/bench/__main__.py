"""`make bench`: every row in one run. Exits 1 when a row is under half of its first target."""

from __future__ import annotations

import subprocess
import sys

from tools.bench import frontdoor, table
from tools.bench.table import Row

PARTS = ("beside", "oncall", "many", "startup", "pages_due", "delivery", "pages", "reports", "growth", "latency", "slow_tracker", "kinds")


def front_door() -> list[Row]:
    """The front door's own rows, in the table's form."""
    limit, unique, same = frontdoor.measure()
    p99 = unique["p99_ms"]
    return [
        table.at_least(
            "durable events through the front door, unique keys", unique["per_second"], limit["per_second"], 0.35, unit="events/s"
        ),
        table.at_most("same, p99", p99, 50, unit="ms"),
        table.at_least("same, one alert repeated", same["per_second"], unique["per_second"], 1.0, unit="events/s"),
    ]


def main() -> int:
    """Measure each part in a process of its own, so that none warms or burdens another."""
    wanted = sys.argv[1:] or ["frontdoor", *PARTS]
    if len(wanted) == 1:
        made = front_door() if wanted == ["frontdoor"] else __import__(f"tools.bench.{wanted[0]}", fromlist=["rows"]).rows()
        for row in made:
            print("\t".join([row.what, row.value, row.limit, row.target, f"{row.share:.3f}"]), flush=True)
        return 0
    rows: list[Row] = []
    for part in wanted:
        done = subprocess.run([sys.executable, "-m", "tools.bench", part], stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, end="", flush=True)
        if done.returncode:
            print(f"{part} could not be measured")
            return 1
        fields = (line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 4)
        rows += [Row(what, value, limit, target, float(share)) for what, value, limit, target, share in fields]
    table.write(rows, "make bench")
    bad = [row.what for row in rows if row.share < 0.5]
    print(
        f"{sum(row.share >= 1 for row in rows)} of {len(rows)} rows reach their first target"
        + (f"; under half of it: {', '.join(bad)}" if bad else "")
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
