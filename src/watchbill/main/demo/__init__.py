"""`watchbill serve --demo`: the real product on an invented organization, with a past and one live page."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from watchbill.kernel.errors import NotReady
from watchbill.main import serve
from watchbill.main.environment import Environment


def run(env: Environment, role: serve.Role, *, announce: Callable[[str], None]) -> int:
    """Start as `serve` does; before the engine runs, fill an empty installation."""
    os.environ["WATCHBILL_DEMO"] = "1"
    announce("This is a demo: invented people, mails are shown on screen under Demo inbox and leave to nobody.")

    def fill() -> None:
        command = [sys.executable, "-m", "watchbill.main.demo.past"]
        done = subprocess.run(command, env=serve.child_environment(env, "demo"), check=False)
        if done.returncode:
            raise NotReady("The demo could not be filled; what went wrong stands above. Remove its folder and start again.")

    return serve.serve(
        env, role, announce=announce, before_start=fill, after_ready=lambda: announce(f"Open {env.url} and sign in. Stop with Ctrl-C.")
    )
