"""What a newcomer sees who starts the demo and signs in with what it printed."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.live.server import Desk, wait_for


@pytest.fixture
def demo(tmp_path: Path):
    desk = Desk(tmp_path, new=True)
    desk.start("--demo", seconds=90)
    yield desk
    desk.stop()


def signed_in(desk: Desk) -> httpx.Client:
    password = re.search(r"with the password (\S+)", "\n".join(desk.said))
    assert password, desk.said
    client = httpx.Client(base_url=desk.url, follow_redirects=True)
    form = client.get("/accounts/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    sent = {"csrfmiddlewaretoken": token[1], "login": "grace@example.org", "password": password[1]}
    assert client.post("/accounts/login/", data=sent, headers={"referer": desk.url}).status_code == 200
    return client


@pytest.mark.live
def test_the_demo_has_a_live_page_a_past_and_its_mails_on_screen(demo: Desk):
    visitor = signed_in(demo)
    now = visitor.get("/").text
    assert "This is a demo" in now
    assert "Impossible travel" in now
    assert "hands it to you" in now
    (number,) = re.findall(r'href="/incidents/(\d+)"[^>]*>\s*(?:<bdi>)?Impossible travel', visitor.get("/incidents").text)
    assert int(number) > 30  # three months of incidents before it
    wait_for(lambda: "Impossible travel" in visitor.get("/demo/inbox").text, why="the mail of the live page is not on screen")
    inlets = dict(re.findall(r'href="/inlets/(\d+)">.*?<span class="tag">(\w+)</span>', visitor.get("/inlets").text, re.DOTALL))
    with_events = {kind for key, kind in inlets.items() if "Opened" in visitor.get(f"/inlets/{key}").text}
    assert with_events == {"events"}
    assert demo.get("/readyz")[0] == 200
