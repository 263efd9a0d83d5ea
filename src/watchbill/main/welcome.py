"""While nobody can sign in yet: a one-time link that makes the first administrator. `python -m watchbill.main.welcome`, by `serve`."""

from __future__ import annotations

import os
import sys

from watchbill.kernel import setup
from watchbill.main import environment
from watchbill.main.serve import connect


def main() -> None:
    """Say it on stdout, or nothing when somebody can sign in."""
    env = environment.read(os.environ)
    with connect(env) as connection:
        if connection.execute("SELECT 1 FROM people_person WHERE is_active AND password NOT LIKE '!%' LIMIT 1").fetchone():
            return
    sys.stdout.write(
        f"Nobody can sign in yet. Make the first administrator within a day: {env.url}/setup/{setup.make_token(env.secret_key)}\n"
    )


if __name__ == "__main__":
    main()
