"""A Slack that speaks the real wire format: the Web API, addresses for answers, and Socket Mode (`socket.py`).

It can refuse (`ok: false` in a 200), ask to wait (429 with Retry-After), be slow, apply a call and lose its answer, apply it later than the
next one, and die and come back.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.server
import json
import socket as sockets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

TOKEN, APP_TOKEN, SIGNING = "xoxb-right", "xapp-right", "8f742231b10e8888abcd99yyyzzz85a5"
LOSE = "applied, and the answer is lost"
KEEP = "applied, and the answer is kept"
CUT = "not applied, and the connection is cut"


@dataclass
class Slack:
    """A workspace. `next[method]` says what becomes of its next calls, in order, `always[method]` of all of them.

    A dict answers instead, (status, body, headers) too; a number is a delay before it is applied; LOSE and CUT; an Event: applied when it is
    set, and the caller never hears of it. KEEP: applied, and the caller hears nothing until it goes away.
    """

    channels: dict[str, str] = field(default_factory=lambda: {"#sec": "C0SEC", "#other": "C0OTHER"})
    messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    users: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "U0ADA", "name": "ada"}, {"id": "U0BRUNO", "name": "bruno"}])
    invited: list[tuple[str, str]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)  # posted to a response_url
    next: dict[str, list[Any]] = field(default_factory=dict)
    always: dict[str, Any] = field(default_factory=dict)
    posted: int = 0
    port: int = 0
    socket_url: str = ""
    changed: threading.Condition = field(default_factory=threading.Condition)
    _server: Any = None
    _open: set[sockets.socket] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def response_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/actions/T0/1/abc"

    def made(self, method: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.calls if name == method]

    def wait(self, true: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Until it is true, looked at after each call, and now and then for what is true elsewhere. The first true value."""
        end = time.monotonic() + seconds
        with self.changed:
            while not (found := true()):
                assert time.monotonic() < end, [name for name, _ in self.calls]
                self.changed.wait(0.05)
        return found

    def shown(self, number: int, channel: str = "C0SEC") -> dict[str, Any]:
        """The one message about this incident in a channel."""
        found = [m for (place, _), m in self.messages.items() if place == channel and f"#{number}" in json.dumps(m)]
        assert len(found) == 1, found
        return found[0]

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
        self.posted += 1
        ts = f"{int(time.time())}.{self.posted:06}"
        self.messages[place, ts] = f
        return {"ok": True, "channel": place, "ts": ts, "message": {"text": f["text"]}}

    def chat_update(self, f: dict[str, Any]) -> dict[str, Any]:
        if (f["channel"], f["ts"]) not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[f["channel"], f["ts"]] = f
        return {"ok": True, "channel": f["channel"], "ts": f["ts"], "text": f["text"]}

    def conversations_history(self, f: dict[str, Any]) -> dict[str, Any]:
        if f["channel"] not in self.channels.values() and not f["channel"].startswith("D"):
            return {"ok": False, "error": "channel_not_found"}
        shows = f.get("include_all_metadata")
        found = [
            {"type": "message", "ts": ts, "text": m["text"]} | ({"metadata": m["metadata"]} if shows and "metadata" in m else {})
            for (place, ts), m in sorted(self.messages.items(), reverse=True)
            if place == f["channel"] and float(ts) >= float(f["oldest"])
        ]
        return {"ok": True, "messages": found, "has_more": False}

    def conversations_list(self, f: dict[str, Any]) -> dict[str, Any]:
        """One channel on a page, so that cursors are followed."""
        n, names = int(f.get("cursor") or 0), sorted(self.channels)
        more = str(n + 1) if n + 1 < len(names) else ""
        one = {"id": self.channels[names[n]], "name": names[n].removeprefix("#"), "is_channel": True}
        return {"ok": True, "channels": [one], "response_metadata": {"next_cursor": more}}

    def chat_delete(self, f: dict[str, Any]) -> dict[str, Any]:
        if self.messages.pop((f["channel"], f["ts"]), None) is None:
            return {"ok": False, "error": "message_not_found"}
        return {"ok": True, "channel": f["channel"], "ts": f["ts"]}

    def conversations_create(self, f: dict[str, Any]) -> dict[str, Any]:
        if f"#{f['name']}" in self.channels:
            return {"ok": False, "error": "name_taken"}
        self.channels[f"#{f['name']}"] = f"C0NEW{len(self.channels)}"
        return {"ok": True, "channel": {"id": self.channels[f"#{f['name']}"], "name": f["name"], "is_private": f["is_private"]}}

    def conversations_invite(self, f: dict[str, Any]) -> dict[str, Any]:
        self.invited += [(f["channel"], user) for user in f["users"].split(",")]
        return {"ok": True, "channel": {"id": f["channel"]}}

    def conversations_setTopic(self, f: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": {"id": f["channel"]}}

    def views_open(self, f: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "view": {"id": "V1", **f["view"]}}

    def users_list(self, f: dict[str, Any]) -> dict[str, Any]:
        """One user on a page, so that cursors are followed."""
        n = int(f.get("cursor") or 0)
        more = str(n + 1) if n + 1 < len(self.users) else ""
        return {"ok": True, "members": self.users[n : n + 1], "response_metadata": {"next_cursor": more}}

    def apps_connections_open(self, f: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "url": self.socket_url} if self.socket_url else {"ok": False, "error": "not_allowed_token_type"}

    def auth_test(self, _f: dict[str, Any]) -> dict[str, Any]:
        return {
            "ok": True,
            "url": "https://example.slack.com/",
            "team": "Example",
            "user": "watchbill",
            "team_id": "T0",
            "user_id": "U0BOT",
        }

    def start(self) -> None:
        """Answer at the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), type("Handler", (_Handler,), {"slack": self}))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def die(self) -> None:
        """Every connection ends, and none is taken."""
        self._server.shutdown()
        self._server.server_close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(sockets.SHUT_RDWR)

    def does(self, method: str) -> Any:
        return self.next[method].pop(0) if self.next.get(method) else self.always.get(method)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        pass


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    slack: Slack

    def setup(self) -> None:
        super().setup()
        self.slack._open.add(self.connection)

    def finish(self) -> None:
        self.slack._open.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if self.path.startswith("/actions/"):
            with self.slack.changed:
                self.slack.answers.append(fields)
                self.slack.changed.notify_all()
            self._say(200, {"ok": True})
            return
        method = self.path.removeprefix("/api/")
        wanted = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if self.headers["Authorization"] != f"Bearer {wanted}":
            self._say(200, {"ok": False, "error": "invalid_auth"})
            return
        with self.slack.changed:
            does = self.slack.does(method)
        if isinstance(does, threading.Event):
            does.wait(20)
            self._apply(method, fields)
            self.close_connection = True
            return
        if isinstance(does, float):
            time.sleep(does)
        if does == CUT:
            self.close_connection = True
            with self.slack.changed:
                self.slack.calls.append((method, fields))
                self.slack.changed.notify_all()
            return
        answer = self._apply(method, fields, does if isinstance(does, (dict, tuple)) else None)
        if does == KEEP:
            self.rfile.read(1)
        if does in (LOSE, KEEP):
            self.close_connection = True
        elif isinstance(answer, tuple):
            self._say(*answer)
        else:
            self._say(200, answer)

    def _apply(self, method: str, fields: dict[str, Any], instead: Any = None) -> Any:
        with self.slack.changed:
            answer = instead if instead is not None else self.slack.call(method, fields)
            self.slack.calls.append((method, fields))
            self.slack.changed.notify_all()
            return answer

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


@contextmanager
def slack() -> Iterator[Slack]:
    made = Slack()
    made.start()
    try:
        yield made
    finally:
        made.die()


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


def submit(view: dict[str, Any], values: dict[str, dict[str, str]], *, user: str = "U0ADA", trigger: str = "3.1") -> bytes:
    """A form that was filled in. What was chosen from a list stands as `{"chosen": value}`."""
    filled = {
        block: {
            ("value" if name == "chosen" else name): (
                {"type": "static_select", "selected_option": {"value": value}}
                if name == "chosen"
                else {"type": "plain_text_input", "value": value}
            )
            for name, value in fields.items()
        }
        for block, fields in values.items()
    }
    payload = {
        "type": "view_submission",
        "user": {"id": user, "username": "someone", "team_id": "T0"},
        "team": {"id": "T0", "domain": "example"},
        "trigger_id": trigger,
        "view": {"id": "V1", **view, "state": {"values": filled}},
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def button(message: dict[str, Any], act: str) -> dict[str, Any]:
    """The button of a message that does this."""
    buttons = [b for block in message["blocks"] if block["type"] == "actions" for b in block["elements"]]
    return next(b for b in buttons if b["action_id"] == f"watchbill_{act}")


def field_of(form: bytes, name: str) -> str:
    return parse_qs(form.decode())[name][0]
