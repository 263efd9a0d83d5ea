"""Where it is played: a database of its own, the server as it runs, the driven engine, a mail server, and browsers of several people."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, BrowserContext, Page

from tests.connectors.parts import Box, smtp
from tests.tables import MADE, make_tables, parameters, url_of
from tests.web.played import clock
from tests.web.played.engine import PASSWORD
from tests.web.site import ROOT, _free_port, _wait_for

HOUR, MIN = dt.timedelta(hours=1), dt.timedelta(minutes=1)


@dataclass
class Place:
    """A desk that is played. `at` moves its time; `as_` is a browser in which somebody has signed in."""

    url: str
    keys: dict[str, str]
    box: Box
    engine: subprocess.Popen[str]
    browser: Browser
    folder: Path
    clocks: list[Any] = field(default_factory=list)  # fakes whose own clock goes along
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    read: int = 0

    def at(self, moment: dt.datetime, *, step: float = 30) -> None:
        """It is this moment now; on the way the engine did what was due, looked at every so many minutes at least."""
        assert self.engine.stdin
        assert self.engine.stdout
        for each in self.clocks:
            each.now = max(each.now, moment - dt.timedelta(minutes=step))
        self.engine.stdin.write(f"{moment.isoformat()} {step}\n")
        self.engine.stdin.flush()
        said = self.engine.stdout.readline().strip()
        assert said == "there", f"the engine ended: {self.engine.poll()}"
        for each in self.clocks:
            each.now = moment

    def as_(self, handle: str, **options: Any) -> Page:
        """Somebody signs in, in a browser of their own."""
        context = self.browser.new_context(base_url=self.url, **options)
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.goto("/")
        page.get_by_label("E-mail").fill(f"{handle}@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/")
        return page

    def alert(self, service: str, summary: str, severity: str = "error", **more: str) -> None:
        """A monitor sends an event, as it does to PagerDuty."""
        payload = {"summary": summary, "source": "host-1", "severity": severity, **more}
        body = {"routing_key": self.keys[service], "event_action": "trigger", "dedup_key": summary, "payload": payload}
        self.post("/v2/enqueue", json.dumps(body).encode())

    def post(self, path: str, body: bytes, **headers: str) -> int:
        asked = urllib.request.Request(self.url + path, body, {"content-type": "application/json", **headers})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)

    def mails(self, handle: str) -> list[str]:
        """Subject and text of what somebody got since `forget`."""
        found = []
        for each in self.box.mails[self.read :]:
            if each.rcpt_tos == [f"{handle}@example.org"]:
                mail = email.message_from_bytes(each.content, policy=email.policy.default)
                body = mail.get_body(("plain",))
                found.append(f"{mail['Subject']}\n{body.get_content() if body else ''}")
        return found

    def forget(self) -> None:
        """What was mailed until now is read."""
        self.read = len(self.box.mails)

    def picture(self, page: Page, name: str) -> None:
        """For docs/tour.md, with WATCHBILL_SCREENSHOTS=1: what stands on the screen now."""
        page.evaluate("window.scrollTo(0, 0)")
        folder = ROOT / "docs" / "images" if os.environ.get("WATCHBILL_SCREENSHOTS") else self.folder
        page.screenshot(path=folder / f"tour-{name}.png")

    def wait(self, true: Callable[[], Any], why: str, *, seconds: float = 15) -> Any:
        """Until it is so; the engine goes round all the time."""
        ends = time.monotonic() + seconds
        while not (found := true()):
            assert time.monotonic() < ends, why
            time.sleep(0.05)
        return found

    def told(self, handle: str, *words: str) -> str:
        """The mail to somebody in which all these words stand."""

        def found() -> str:
            return next((mail for mail in self.mails(handle) if all(word in mail for word in words)), "")

        try:
            return str(self.wait(found, "no mail"))
        except AssertionError:
            raise AssertionError(f"{handle} got no mail with {words}, but these: {self.mails(handle)}") from None


def named(story: str) -> str:
    """The database of this story, of this worker."""
    return f"watchbill_{story}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


@contextmanager
def place(
    settings: dict[str, Any], name: str, text: str, browser: Browser, folder: Path, begins: dt.datetime, **secrets: str
) -> Iterator[Place]:
    """Make the database beside the given one, apply the configuration in it, serve it; take everything away afterwards."""
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(**parameters(settings, "postgres"), autocommit=True))
        make_tables(settings)
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {MADE}')
        stack.callback(lambda: admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        with psycopg.connect(**parameters(settings, name), autocommit=True) as made:
            clock.install(made, begins)
        file = folder / "desk.yaml"
        file.write_text(text)
        box, port = Box(), _free_port()
        env = {
            **os.environ,
            "DATABASE_URL": url_of(settings, name),
            "WATCHBILL_AS_OWNER": "1",
            "WATCHBILL_URL": f"http://127.0.0.1:{port}",
            "WATCHBILL_SMTP_URL": f"smtp://127.0.0.1:{stack.enter_context(smtp(box))}",
            "WATCHBILL_MAIL_FROM": "desk@example.org",
            "WATCHBILL_ALLOW_PRIVATE_TARGETS": "127.0.0.0/8",
            "WATCHBILL_DRILL_BEFORE": "0",
            "WATCHBILL_PROVIDER_TESTS": "off",
            **secrets,
        }
        engine = stack.enter_context(_running(["tests.web.played.engine", str(file)], env, folder / "engine.log", talks=True))
        assert engine.stdout
        keys = engine.stdout.readline()
        assert keys, (folder / "engine.log").read_text()[-3000:]
        serve = ["watchbill.main", "serve", "--role", "web", "--bind", f"127.0.0.1:{port}"]
        stack.enter_context(_running(serve, env, folder / "web.log"))
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        desk = Place(f"http://127.0.0.1:{port}", json.loads(keys), box, engine, browser, folder)
        stack.callback(lambda: [context.close() for context in desk.contexts])
        yield desk
        assert desk.complaints == []


@contextmanager
def _running(arguments: list[str], env: dict[str, str], log: Path, *, talks: bool = False) -> Iterator[subprocess.Popen[str]]:
    with log.open("w") as said:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE} if talks else {"stdout": said}
        process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, env=env, stderr=said, text=True, **pipes)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(15)
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()
