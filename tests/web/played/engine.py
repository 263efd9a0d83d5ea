"""The real engine of a played desk, whose time is moved from outside: `python -m tests.web.played.engine FILE`.

It applies the file, says a key for each service as one line of JSON, and goes round. A line "MOMENT MINUTES" on its input moves the clock
there in steps of at most so many minutes, and stops at each page and each notification that is due on the way; then it says so.
"""

from __future__ import annotations

import datetime as dt
import json
import select
import sys
import time
from pathlib import Path

import django

PASSWORD = "correct horse battery staple"
PATIENCE = 6.0  # seconds for what is on its way to remotes before time goes on
BREATH = 0.4


def fill(file: Path) -> dict[str, str]:
    """What the configuration file says, a password for everybody, and a key for each service."""
    from django.contrib.auth.hashers import make_password

    from watchbill.audit.actions import Actor
    from watchbill.config.actions import apply
    from watchbill.incidents.models import Service
    from watchbill.intake.actions import create_key
    from watchbill.kernel.clock import database_now
    from watchbill.people.models import Person

    by, now = Actor("operator", "cli"), database_now()
    apply(file.read_text(), by=by, now=now)
    Person.objects.update(password=make_password(PASSWORD))
    return {each.name: create_key(each, by=by, now=now)[1] for each in Service.objects.all()}


class Driven:
    """The engine, one round at a time, with everything that it does now and then in each of them."""

    def __init__(self) -> None:
        from watchbill.engine.loop import Engine

        self._busy: list[str] = []
        self.engine = Engine()
        self.engine.join()

    def round(self) -> None:
        from watchbill.kernel.clock import database_now

        engine, now = self.engine, database_now()
        engine._last.clear()
        for remote in engine._remotes:
            remote._look_at = float("-inf")  # type: ignore[union-attr]  # of trackers: which projects are read
        engine._now().set(now)
        engine.tick(now)

    def settle(self) -> None:
        """Go round until nothing is on its way."""
        ends = time.monotonic() + PATIENCE
        self.round()
        while self._is_busy() and time.monotonic() < ends:
            time.sleep(0.01)
            self.round()
        if self._is_busy():
            sys.stderr.write(f"still busy after {PATIENCE} s: {self._busy}\n")

    def _is_busy(self) -> bool:
        from django.db.models import Q

        from watchbill.kernel.clock import database_now
        from watchbill.notifications.chats.models import Posting
        from watchbill.notifications.models import Notification
        from watchbill.platforms.models import Platform
        from watchbill.platforms.models import Write as PlatformWrite
        from watchbill.trackers.models import Source, Write

        now, engine = database_now(), self.engine
        sender = engine._sender
        self._busy = []
        if sender is None or sender.in_hand() or engine._results or engine._reports:
            self._busy = ["sender"]
            return True
        due = [
            Notification.objects.filter(state="queued", due_at__lte=now),
            Posting.objects.filter(due_at__lte=now),
            Write.objects.filter(due_at__lte=now),
            Source.objects.filter(due_at__lte=now, wanted=True),
            PlatformWrite.objects.filter(due_at__lte=now),
            Platform.objects.filter(Q(due_at__lte=now) | Q(due_at=None), is_active=True),
        ]
        self._busy = [each.model.__name__ for each in due if each.exists()]
        return bool(self._busy)

    def move(self, target: dt.datetime, step: dt.timedelta) -> None:
        from django.db import connection

        from tests.web.played.clock import SET
        from watchbill.engine.parts import next_page
        from watchbill.kernel.clock import database_now
        from watchbill.notifications.selectors import next_due

        self.settle()
        while (now := database_now()) < target:
            due = [at for at in (next_page(after=now), next_due(after=now)) if at is not None]
            with connection.cursor() as cursor:
                cursor.execute(SET, [min(target, now + step, *due)])
            self.settle()


def main() -> None:
    """Fill the database, then go round until the input ends."""
    django.setup()
    sys.stdout.write(json.dumps(fill(Path(sys.argv[1]))) + "\n")
    sys.stdout.flush()
    driven = Driven()
    try:
        while True:
            line = _heard()
            if line is None:
                driven.round()
                continue
            if not line:
                break
            moment, minutes = line.split()
            driven.move(dt.datetime.fromisoformat(moment), dt.timedelta(minutes=float(minutes)))
            sys.stdout.write("there\n")
            sys.stdout.flush()
    finally:
        driven.engine.end()


def _heard() -> str | None:
    """The next line; None: none came; empty: none will come. Whoever writes one waits for its answer before the next."""
    return sys.stdin.readline() if select.select([sys.stdin], [], [], BREATH)[0] else None


if __name__ == "__main__":
    main()
