"""A Slack that speaks the real wire format: the Web API, addresses for answers, and (in `socket.py`) Socket Mode.

It can refuse (`ok: false` in a 200), ask to wait (429 with Retry-After), be slow, apply a call and lose its answer, and die.
"""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

TOKEN, SIGNING = "xoxb-right", "8f742231b10e8888abcd99yyyzzz85a5"


@dataclass
class Slack:
    """A workspace. `does[method]` is asked first: a dict answers instead, a number is a delay, "lose" applies it and cuts the answer."""

    channels: dict[str, str] = field(default_factory=lambda: {"#sec": "C0SEC", "#other": "C0OTHER"})
    messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    users: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "U0ADA", "name": "ada"}, {"id": "U0BRUNO", "name": "bruno"}])
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)  # posted to a response_url
    does: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    port: int = 0
    socket_port: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def response_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/actions/T0/1/abc"

    def made(self, method: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.calls if name == method]

    def wait(self, true: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Until it is true after some call, or fail."""
        with self.changed:
            assert self.changed.wait_for(true, seconds), [name for name, _ in self.calls]
        return true()

    def text(self, channel: str = "C0SEC") -> list[str]:
        """What stands in a channel now, in order."""
        return [message["text"] for (place, _), message in sorted(self.messages.items()) if place == channel]

    def call(self, method: str, fields: dict[str, Any]) -> dict[str, Any]:
        apply = getattr(self, method.replace(".", "_"), None)
        return apply(fields) if apply else {"ok": False, "error": "unknown_method"}

    def chat_postMessage(self, f: dict[str, Any]) -> dict[str, Any]:
        place = self.channels.get(f["channel"], f["channel"])
        if place.startswith("#"):
            return {"ok": False, "error": "channel_not_found"}
        if place.startswith("U"):
            place = "D" + place[1:]
        ts = f"{1_700_000_000 + len(self.messages)}.000100"
        self.messages[place, ts] = f
        return {"ok": True, "channel": place, "ts": ts, "message": {"text": f["text"]}}

    def chat_update(self, f: dict[str, Any]) -> dict[str, Any]:
        if (f["channel"], f["ts"]) not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[f["channel"], f["ts"]] = f
        return {"ok": True, "channel": f["channel"], "ts": f["ts"], "text": f["text"]}

    def conversations_history(self, f: dict[str, Any]) -> dict[str, Any]:
        found = [
            {"ts": ts, "text": m["text"], "metadata": m.get("metadata")}
            for (place, ts), m in self.messages.items()
            if place == f["channel"]
        ]
        return {"ok": True, "messages": found, "has_more": False}

    def conversations_create(self, f: dict[str, Any]) -> dict[str, Any]:
        if f"#{f['name']}" in self.channels:
            return {"ok": False, "error": "name_taken"}
        self.channels[f"#{f['name']}"] = f"C0NEW{len(self.channels)}"
        return {"ok": True, "channel": {"id": self.channels[f"#{f['name']}"], "name": f["name"], "is_private": f["is_private"]}}

    def conversations_invite(self, f: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": {"id": f["channel"]}}

    conversations_setTopic = conversations_invite

    def views_open(self, f: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "view": {"id": "V1", **f["view"]}}

    def users_list(self, f: dict[str, Any]) -> dict[str, Any]:
        """One user on a page, so that cursors are followed."""
        n = int(f.get("cursor") or 0)
        more = str(n + 1) if n + 1 < len(self.users) else ""
        return {"ok": True, "members": self.users[n : n + 1], "response_metadata": {"next_cursor": more}}

    def apps_connections_open(self, f: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "url": f"ws://127.0.0.1:{self.socket_port}/link/?ticket=1"}


@contextmanager
def slack() -> Iterator[Slack]:
    made = Slack()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            if self.path.startswith("/actions/"):
                with made.changed:
                    made.answers.append(fields)
                    made.changed.notify_all()
                self._say(200, {"ok": True})
                return
            method = self.path.removeprefix("/api/")
            does = made.does.get(method, lambda _: None)(fields)
            if isinstance(does, float):
                time.sleep(does)
            refused = self.headers["Authorization"] not in (f"Bearer {TOKEN}", "Bearer xapp-right")
            with made.changed:
                if refused:
                    answer = {"ok": False, "error": "invalid_auth"}
                elif isinstance(does, (dict, tuple)):
                    answer = does
                else:
                    answer = made.call(method, fields)
                made.calls.append((method, fields))
                made.changed.notify_all()
            if does == "lose":
                self.close_connection = True
                return
            if isinstance(answer, tuple):
                self._say(*answer)
            else:
                self._say(200, answer)

        def _say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[assignment]
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def signed(body: bytes, at: float, *, secret: str = SIGNING) -> dict[str, str]:
    """The headers that Slack sends with this body."""
    stamp = str(int(at))
    signature = "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}


def command(text: str, *, user: str = "U0ADA", trigger: str = "1.1") -> bytes:
    return urlencode(
        {
            "token": "old", "team_id": "T0", "team_domain": "example", "channel_id": "C0SEC", "channel_name": "sec", "user_id": user,
            "user_name": "someone", "command": "/watchbill", "text": text, "api_app_id": "A0", "response_url": "https://hooks.slack.com/commands/1",
            "trigger_id": trigger,
        }
    ).encode()  # fmt: skip


def press(button: dict[str, Any], *, user: str = "U0ADA", response_url: str = "", trigger: str = "2.1") -> bytes:
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": "someone", "team_id": "T0"},
        "team": {"id": "T0", "domain": "example"},
        "trigger_id": trigger,
        "response_url": response_url,
        "actions": [{"type": "button", "action_id": button["action_id"], "value": button["value"], "action_ts": "1.2"}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def button(message: dict[str, Any], act: str) -> dict[str, Any]:
    """The button of a message that does this."""
    buttons = [b for block in message["blocks"] if block["type"] == "actions" for b in block["elements"]]
    return next(b for b in buttons if b["action_id"] == f"watchbill_{act}")


def field_of(form: bytes, name: str) -> str:
    return parse_qs(form.decode())[name][0]
