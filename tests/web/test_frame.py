"""What every page carries: headers, no inline script or style, the alarm, light or dark, calm refusals."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.web.conftest import Desk
from watchbill.web.templatetags.watchbill import said

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'"
POLICY += "; base-uri 'none'; frame-ancestors 'none'"
POLICY += "; worker-src 'self'; manifest-src 'self'"
PAGES = ["/", "/incidents", "/incidents?status=all", "/schedules", "/audit", "/you", "/permissions", "/keys", "/accounts/password/set/"]
OPEN = ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/accounts/inactive/", "/nothing/here", "/a/no-token"]


def test_every_answer_carries_the_policy_and_the_other_headers(desk: Desk):
    incident = desk.page()
    for client, paths in (
        (desk.as_("root"), [*PAGES, f"/incidents/{incident.number}", "/healthz"]),
        (Client(), [*OPEN, "/static/watchbill.css"]),
    ):
        for path in paths:
            headers = client.get(path).headers
            assert headers["Content-Security-Policy"] == POLICY, path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Referrer-Policy"] == ("no-referrer" if path.startswith("/a/") else "same-origin"), path
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
            assert "camera=()" in headers["Permissions-Policy"], path
            assert headers["X-Frame-Options"] == "DENY", path


def test_no_page_has_inline_script_or_style_and_each_has_the_sprite_once(desk: Desk):
    incident = desk.page("<script>alert(1)</script> \"quoted\" 'title'")
    for client, paths in ((desk.as_("root"), [*PAGES, f"/incidents/{incident.number}"]), (Client(), OPEN)):
        for path in paths:
            answer = client.get(path)
            html = answer.content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)", html), path
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html), path
            assert html.count('class="sprite"') == 1, path
            assert "no-store" in answer.headers["Cache-Control"], path


@pytest.mark.parametrize("path", [*PAGES[:-2], "/incidents/1", "/schedules/1", "/demo/inbox", "/live"])
@pytest.mark.django_db
def test_nobody_sees_a_page_without_signing_in(path: str):
    answer = Client().get(path)
    assert (answer.status_code, answer.headers.get("Location", "")) in (
        (401, ""),
        (302, f"/accounts/login/?next={path.replace('?', '%3F').replace('=', '%3D')}"),
    )


def test_every_address_of_ours_on_every_page_leads_somewhere(desk: Desk):
    incident = desk.page()
    client = desk.as_("root")
    found = set()
    for path in [*PAGES, f"/incidents/{incident.number}"]:
        found |= set(re.findall(r'href="(/[^"#]*|\?[^"]*)"', client.get(path).content.decode()))
    assert len(found) > 12
    for link in sorted(found):
        assert client.get(link.replace("&amp;", "&"), follow=True).status_code == 200, link


def test_the_alarm_stands_on_every_other_screen_while_a_page_waits_for_me(desk: Desk):
    incident = desk.page("disk full")
    for path in ("/schedules", "/you", "/incidents", "/audit"):
        html = desk.as_("root").get(path).content.decode()
        assert "strip-alarm" not in html
    html = desk.as_("alice").get("/schedules").content.decode()
    assert "strip-alarm" in html
    assert f"#{incident.number}" in html
    assert html.count("btn-alarm") == 1
    assert '1<span class="sr"> page waits for you' in html


def test_my_own_incident_has_one_filled_button_and_the_other_page_is_not_filled(desk: Desk):
    one, _other = desk.page("one"), desk.page("two")
    html = desk.as_("alice").get(f"/incidents/{one.number}").content.decode()
    assert html.count("btn-alarm") + html.count("btn-main") == 1
    assert "strip-alarm" in html


def test_the_theme_goes_round_and_is_on_the_page_before_any_script(desk: Desk):
    client = desk.as_("alice")
    assert "data-theme=" not in client.get("/you").content.decode()
    for expected in ("dark", "light"):
        answer = client.post("/theme", {"next": "/you"})
        assert answer.headers["Location"] == "/you"
        assert f'data-theme="{expected}"' in client.get("/you").content.decode()
    client.post("/theme", {"next": "//evil.example.org/"})
    assert "data-theme=" not in client.get("/you").content.decode()


def test_a_form_never_leads_to_another_site(desk: Desk):
    for wanted in ("//evil.example.org/", "https://evil.example.org", "javascript:alert(1)", "/\\evil.example.org"):
        assert desk.as_("alice").post("/theme", {"next": wanted}).headers["Location"] == "/"


def test_a_form_without_its_cross_site_token_changes_nothing(desk: Desk):
    incident = desk.page()
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.alice, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/incidents/{incident.number}/acknowledge")
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_acts_are_not_done_by_reading(desk: Desk):
    incident = desk.page()
    for act in ("acknowledge", "resolve", "escalate", "give-back"):
        assert desk.as_("alice").get(f"/incidents/{incident.number}/{act}").status_code == 405
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_the_address_of_a_form_that_is_reloaded_shows_a_page(desk: Desk):
    for client in (desk.as_("grace"), Client()):
        answer = client.get("/you/contacts", headers={"accept": "text/html,*/*"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert "Only a button leads here" in answer.content.decode()
    assert desk.as_("grace").get("/you/contacts").content == b""


def test_what_is_not_there_and_what_may_not_be_known_look_the_same(desk: Desk):
    secret = desk.page("insider", restricted=True)
    hidden = desk.as_("charlie").get(f"/incidents/{secret.number}")
    missing = desk.as_("charlie").get("/incidents/424242")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert plain(hidden, secret.number) == plain(missing, 424242)


def plain(answer, number: int) -> str:
    """The page without what differs each time."""
    return re.sub(r'value="[^"]*"|data-now="[^"]*"|datetime="[^"]*"', "", answer.content.decode()).replace(str(number), "N")


def test_a_refusal_says_why_and_how_to_go_on(desk: Desk):
    answer = desk.as_("charlie").get("/audit")
    html = answer.content.decode()
    assert answer.status_code == 403
    assert "it takes a manager" in html
    assert 'href="/"' in html


def test_our_files_are_packed_and_kept_for_as_long_as_their_address_names_them(client: Client):
    plain = client.get("/static/watchbill.js")
    assert plain.status_code == 200
    version = plain.headers["ETag"].strip('"')
    packed = client.get(f"/static/watchbill.js?v={version}", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "immutable" in packed.headers["Cache-Control"]
    assert len(packed.content) < len(plain.content) / 2
    assert client.get("/static/watchbill.js", headers={"If-None-Match": f'"{version}"'}).status_code == 304
    assert client.get("/static/settings.py").status_code == 404


def test_the_first_load_of_a_page_is_small(desk: Desk):
    for n in range(30):
        desk.page(f"alert {n}")
    packed = {"Accept-Encoding": "gzip"}
    client = desk.as_("alice")
    sizes = [
        len(client.get(path, headers=packed).content) for path in ("/", "/static/watchbill.css", "/static/watchbill.js", "/static/mark.svg")
    ]
    assert sum(sizes) < 100_000


def test_reading_a_page_again_for_its_parts_keeps_what_was_to_be_said_once(desk: Desk):
    incident, client = desk.page(), desk.as_("alice")
    client.post(f"/incidents/{incident.number}/acknowledge")
    again = client.get(f"/incidents/{incident.number}", headers={"X-Watchbill-Refresh": "1"}).content.decode()
    assert "You own #" not in again
    assert "You own #" in client.get(f"/incidents/{incident.number}").content.decode()


def test_what_one_types_stands_as_such_in_a_sentence_and_nothing_becomes_markup():
    assert said("Its `writes` has no `create_issue`.") == "Its <code>writes</code> has no <code>create_issue</code>."
    assert said("`<b>` & one ` alone") == "<code>&lt;b&gt;</code> &amp; one ` alone"
