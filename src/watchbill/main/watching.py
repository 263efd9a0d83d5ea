"""The process of `watchbill serve` once its words are read: `python -m watchbill.main.watching ROLE [demo]`, with the address in the environment.

What reads command lines, and the database's client, would stay in its memory for as long as it waits.
"""

from __future__ import annotations

import os
import subprocess
import sys

from watchbill.kernel.errors import WatchbillError
from watchbill.main import demo, environment
from watchbill.main.serve import Role, child_environment, serve


def main() -> int:
    """Serve until told to stop. Returns the exit code."""
    role, *more = sys.argv[1:]
    try:
        env = environment.read(os.environ)
        if more == ["demo"]:
            return demo.run(env, Role(role), announce=_announce)
        return serve(env, Role(role), announce=_announce, after_ready=lambda: _welcome(env))
    except WatchbillError as error:
        sys.stderr.write(error.message + "\n")
        return 1


def _welcome(env: environment.Environment) -> None:
    subprocess.run([sys.executable, "-m", "watchbill.main.welcome"], env=child_environment(env, "welcome"), check=False)


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
