"""Which requirements has no test? Reads the ids of docs/requirements.md and the `req` marks of the tests."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MILESTONE = re.compile(r"^\| (?P<id>[GKPSHR]\d+) \| (?P<when>[^|]*) \|", re.MULTILINE)


def marked() -> dict[str, set[str]]:
    """id -> tests that carry it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "req":
                for value in node.args:
                    if isinstance(value, ast.Constant):
                        found.setdefault(str(value.value), set()).add(str(path.relative_to(ROOT)))
    return found


def main() -> int:
    rows = MILESTONE.findall((ROOT / "docs" / "requirements.md").read_text())
    ids = {identity: when.strip() for identity, when in rows}
    proofs = marked()
    unknown = sorted(set(proofs) - set(ids))
    now = [identity for identity, when in ids.items() if when == "now" and identity not in proofs]
    later = [identity for identity, when in ids.items() if when != "now" and identity not in proofs]
    print(f"{len(ids)} requirements, {len([i for i in ids if i in proofs])} with a test")
    print("without a test, due now:", " ".join(now) or "none")
    print("without a test, later:", " ".join(later) or "none")
    if unknown:
        print("marked in a test and not in docs/requirements.md:", " ".join(unknown))
    return 1 if now or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
