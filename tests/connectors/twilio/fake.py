"""A Twilio that really listens: form bodies, Basic auth, JSON answers, signed callbacks.

It can refuse, delay, answer 200 with an error inside, answer nonsense and die; its callbacks can be repeated, reordered and forged.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

ACCOUNT, TOKEN = "AC" + "0" * 32, "12345678901234567890123456789012"

Form = dict[str, str]
Does = Callable[[str, Form], Any]  # (Messages | Calls, form) -> None to take it, "die", "garbage", (status, code, words), seconds or a dict


@dataclass
class Asked:
    """One request that came."""

    what: str
    form: Form
    events: list[str]
    sid: str
    headers: dict[str, str]
    at: float


@dataclass
class Twilio:
    """The fake. `does` decides what becomes of each request; `then` runs in a thread of its own after one that was taken."""

    does: Does = lambda what, form: None
    then: Callable[[Asked], None] | None = None
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sids(self, what: str) -> list[str]:
        return [each.sid for each in self.asked if each.what == what]


def signed(url: str, form: Form, token: str = TOKEN) -> dict[str, str]:
    """The header of a callback, made by Twilio's own library."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, form)}


def post(url: str, form: Form, token: str = TOKEN) -> tuple[int, bytes]:
    """A signed callback over the network."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **signed(url, form, token)}
        connection.request("POST", parts.path, urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def said(xml: bytes | str) -> str:
    """Everything that a TwiML answer says, in order."""
    return " ".join(each.text or "" for each in ET.fromstring(xml).iter() if each.tag in ("Say", "Message"))


def action(xml: bytes | str) -> str:
    """Where a key goes; empty where none is asked for."""
    found = ET.fromstring(xml).find("Gather")
    return found.attrib["action"] if found is not None else ""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    made: Twilio

    def do_POST(self) -> None:
        pairs = parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
        what = self.path.rsplit("/", 1)[-1].removesuffix(".json")
        basic = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if (
            self.path != f"/2010-04-01/Accounts/{ACCOUNT}/{what}.json"
            or self.headers["Content-Type"] != "application/x-www-form-urlencoded"
        ):
            self._refuse(404, 20404, f"The requested resource {self.path} was not found")
        elif self.headers["Authorization"] != basic:
            self._refuse(401, 20003, "Authenticate")
        else:
            sid = f"{'SM' if what == 'Messages' else 'CA'}{len(self.made.asked):032x}"
            events = [value for name, value in pairs if name == "StatusCallbackEvent"]
            headers = {k.lower(): v for k, v in self.headers.items()}
            asked = Asked(what, dict(pairs), events, sid, headers, time.monotonic())
            self.made.asked.append(asked)
            self._do(asked, self.made.does(what, asked.form))

    def _do(self, asked: Asked, does: Any) -> None:
        if does == "die":
            self.close_connection = True
            self.connection.close()
        elif does == "garbage":
            self._answer(201, b"<html>maintenance</html>", "text/html")
        elif isinstance(does, tuple):
            self._refuse(*does)
        else:
            time.sleep(does if isinstance(does, float) else 0)
            self._json(201, self._taken(asked) | (does if isinstance(does, dict) else {}))
            if self.made.then is not None:
                threading.Thread(target=self.made.then, args=(asked,), daemon=True).start()

    def _taken(self, asked: Asked) -> dict[str, Any]:
        common = {
            "sid": asked.sid,
            "account_sid": ACCOUNT,
            "to": asked.form["To"],
            "from": asked.form["From"],
            "api_version": "2010-04-01",
            "direction": "outbound-api",
            "price": None,
            "status": "queued",
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/{asked.what}/{asked.sid}.json",
        }
        if asked.what == "Calls":
            return {**common, "answered_by": None, "date_created": None, "start_time": None}
        texts = {"body": asked.form["Body"], "error_code": None, "error_message": None, "num_segments": "1"}
        return {**common, **texts, "date_created": "Mon, 02 Mar 2026 09:00:00 +0000"}

    def _refuse(self, status: int, code: int | None, words: str) -> None:
        more = f"https://www.twilio.com/docs/errors/{code}"
        self._json(status, {"code": code, "message": words, "more_info": more, "status": status})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, json.dumps(body).encode(), "application/json")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def twilio(**given: Any) -> Iterator[Twilio]:
    """It listens as long as this is open."""
    made = Twilio(**given)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"made": made}))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[assignment]  # a client that gave up is what some tests are about
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
