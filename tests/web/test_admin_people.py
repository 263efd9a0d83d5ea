"""People, teams and policies are changed in the browser: invited, deactivated with what ends told first, moved, reordered."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from tests import factories as make
from tests.web.conftest import PASSWORD, Desk
from tests.web.filling import applied, inputs, press, send, words
from tests.web.test_admin import desk  # noqa: F401  a fixture
from watchbill.audit.models import Record
from watchbill.config import actions as config_actions
from watchbill.config import selectors
from watchbill.incidents.models import Incident
from watchbill.notifications.models import Contact
from watchbill.paging.models import Policy, TeamPaging
from watchbill.people.actions import create_token, token_person
from watchbill.people.models import Membership, Person, Team
from watchbill.response import actions

WORST = ("\x00", "x" * 5000, '{"person": 1}', '{"team": {"a": []}}', "9" * 400)


def of(who: Person) -> str:
    return f"/admin/people/{who.id}"


def roles(team: Team) -> dict[str, tuple[str, bool]]:
    return {row.person.handle: (row.role, row.on_desk) for row in team.memberships.order_by("position").select_related("person")}


def test_people_are_found_by_name_handle_and_mail(desk: Desk):  # noqa: F811
    make.person("zoe", is_active=False, name="Zoë Quill")
    page = words(desk.as_("root").get("/admin/people"))
    assert "Alice" in page
    assert "Zoë" not in page
    found = words(desk.as_("root").get("/admin/people?q=CHARLIE@example"))
    assert ("charlie" in found, "alice" in found) == (True, False)
    assert "Zoë Quill" in words(desk.as_("root").get("/admin/people?state=gone&q=quill"))
    assert "Nobody fits" in words(desk.as_("root").get("/admin/people?q=nobody&from=99999999999"))


def test_somebody_is_invited_and_sets_their_password_with_the_link(desk: Desk):  # noqa: F811
    path = "/admin/people/new"
    wrong = send(desk, "root", path, handle="Chen Wei", name="Chen Wei", email="chen example", timezone="Europe/Londn")
    assert wrong.status_code == 422
    assert "did you mean Europe/London?" in words(wrong)
    assert all(f'id="f-{name}-e"' in wrong.content.decode() for name in ("handle", "email", "timezone"))
    assert 'value="Chen Wei"' in wrong.content.decode()
    assert "is the mail of bob too" in words(send(desk, "root", path, handle="chen", name="Chen", email="BOB@example.org"))
    seen = send(desk, "root", path, handle="chen", name="Chen Wei", email="chen@example.org", timezone="Asia/Singapore")
    assert "Made: person chen" in words(seen)
    assert not Person.objects.filter(handle="chen").exists()
    made = press(desk, "root", path, seen)
    assert (made.status_code, made["Cache-Control"]) == (200, "no-store")
    chen = Person.objects.get(handle="chen")
    assert (chen.name, chen.timezone, chen.has_usable_password()) == ("Chen Wei", "Asia/Singapore", False)
    assert Contact.objects.get(person=chen).address == "chen@example.org"
    assert Record.objects.filter(action="person.invite", object_id=str(chen.id), actor="root").exists()
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/[^<\s]+)", made.content.decode())[1]
    browser = Client()
    form = browser.get(link, follow=True)
    answer = browser.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    chen.refresh_from_db()
    assert chen.check_password(PASSWORD)
    assert desk.as_("root").post(f"{of(chen)}/invite").status_code == 409
    assert "Make a set-up link" not in words(desk.as_("root").get(of(chen)))


def test_nobody_mints_a_link_into_an_account_that_has_a_password(desk: Desk):  # noqa: F811
    desk.bob.set_password(PASSWORD)
    desk.bob.save()
    answer = desk.as_("root").post(f"{of(desk.bob)}/invite")
    assert answer.status_code == 409
    assert "/accounts/password/reset/key/" not in answer.content.decode()


def test_what_ends_with_somebody_is_told_before_they_are_deactivated(desk: Desk):  # noqa: F811
    incident = desk.page("db down")
    desk.act("alice", actions.acknowledge, incident)
    hidden = desk.page("embargo", restricted=True)
    desk.act("alice", actions.acknowledge, hidden)
    assert Incident.objects.filter(owner=desk.alice).count() == 2
    _, secret = create_token(desk.alice, ["incidents:read"], by=make.actor(desk.alice), now=desk.now)
    alice = desk.as_("alice")
    assert alice.get("/").status_code == 200
    seen = desk.as_("root").post(of(desk.alice), {"remove": "yes", "do": "review"})
    said = words(seen)
    assert "Deactivate Alice?" in said
    assert "SecOps: responder, on the desk" in said
    assert re.search(r"Responder: .*in the next six weeks", said)
    assert f"Owns #{incident.number}:" in said
    assert f"#{hidden.number}" not in said
    assert "1 token opens nothing any more" in said
    assert re.search(r"By Walk, .*Step 1, at once no longer: Alice", said)
    assert "New gap: nobody" in said
    asked = press(desk, "root", of(desk.alice), seen)
    assert (asked.status_code, "Say that it may be so" in words(asked)) == (422, True)
    assert Person.objects.get(pk=desk.alice.pk).is_active
    assert desk.as_("root").post(of(desk.alice), {**inputs(asked.content.decode()), "do": "apply", "gap": "yes"}).status_code == 303
    desk.alice.refresh_from_db()
    assert desk.alice.is_active is False
    assert alice.get("/").status_code == 302
    assert token_person(secret, desk.now) is None
    page = words(desk.as_("root").get(of(desk.alice)))
    assert "Deactivated: nothing is sent to them" in page
    back = desk.as_("root").post(of(desk.alice), {"remove": "yes", "do": "review"})
    assert "Activate Alice?" in words(back)
    press(desk, "root", of(desk.alice), back)
    desk.alice.refresh_from_db()
    assert desk.alice.is_active is True


def test_somebody_without_whom_nobody_is_reached_cannot_be_deactivated(desk: Desk):  # noqa: F811
    answer = desk.as_("root").post(of(desk.bob), {"remove": "yes", "do": "review"})
    assert answer.status_code == 422
    assert "Policy Night: this policy can reach nobody" in words(answer)
    for do in ("review", "apply"):
        assert desk.as_("root").post(of(desk.root), {"remove": "yes", "do": do}).status_code == 403
    assert Person.objects.filter(is_active=False).count() == 0


def test_a_person_is_changed_and_their_address_is_not_in_the_audit(desk: Desk):  # noqa: F811
    record = applied(desk, "root", of(desk.bob), name="Bob B.", email="bob.b@example.org", holidays="GB")
    desk.bob.refresh_from_db()
    assert (desk.bob.name, desk.bob.email, desk.bob.holidays) == ("Bob B.", "bob.b@example.org", "GB")
    assert "bob.b@" not in json.dumps(record.detail)
    assert "keeps no addresses" in words(desk.as_("root").get(f"/admin/changes/{record.id}"))
    lost = send(desk, "root", of(desk.bob), **{"hours__from": "08:00"})
    assert lost.status_code == 422
    assert "expected the tick too" in words(lost)
    hours = applied(desk, "root", of(desk.bob), **{"hours__on": "yes", "hours__from": "08:00", "hours__days": "mon, tue"})
    desk.bob.refresh_from_db()
    assert desk.bob.hours == {"days": ["mon", "tue"], "from": "08:00", "to": "17:00"}
    assert hours.detail["fields"]["hours"][0] is None


def test_a_teams_admin_changes_who_is_in_it(desk: Desk):  # noqa: F811
    path = f"/admin/teams/{desk.team.id}"
    before = roles(desk.team)
    record = applied(
        desk,
        "ada",
        path,
        **{"role.bob": "viewer", "role.vera": "", "add": "charlie", "add.role": "manager+desk", "manager": "Managers", "ack_timeout": "2h"},
    )
    assert roles(desk.team) == {
        "alice": ("responder", True),
        "charlie": ("manager", True),
        "bob": ("viewer", False),
        "grace": ("manager", False),
        "ada": ("admin", False),
    }
    desk.team.refresh_from_db()
    assert desk.team.ack_timeout == "2h"
    assert TeamPaging.objects.get(team=desk.team).manager_schedule.name == "Managers"
    back = f"/admin/changes/{record.id}/undo"
    assert press(desk, "ada", back, desk.as_("ada").get(back)).status_code == 303
    assert roles(desk.team) == before


def test_a_refused_team_keeps_everything_that_was_chosen(desk: Desk):  # noqa: F811
    path = f"/admin/teams/{desk.team.id}"
    answer = send(desk, "ada", path, ack_timeout="soon", **{"role.bob": "viewer"})
    assert answer.status_code == 422
    assert inputs(answer.content.decode())["role.bob"] == ["viewer"]
    made_up = send(desk, "ada", path, **{"member": ["alice", "nobody.here"], "role.nobody.here": "responder+desk"})
    assert made_up.status_code == 422
    assert "nothing under people is called nobody.here" in words(made_up)


def test_teams_are_made_and_deactivated_by_administrators(desk: Desk):  # noqa: F811
    record = applied(desk, "root", "/admin/teams/new", **{"name": "Forensics", "desk": "queue", "add": "bob", "add.role": "responder+desk"})
    made = Team.objects.get(name="Forensics")
    assert (made.desk, made.ownership, roles(made)) == ("queue", "on_call", {"bob": ("responder", True)})
    assert record.team_id == made.id
    assert desk.as_("ada").get("/admin/teams/new").status_code == 404
    taken = desk.as_("root").post(f"/admin/teams/{desk.team.id}", {"remove": "yes", "do": "review"})
    assert taken.status_code == 422
    assert "nothing under teams is called SecOps" in words(taken)
    gone = desk.as_("root").post(f"/admin/teams/{made.id}", {"remove": "yes", "do": "review"})
    press(desk, "root", f"/admin/teams/{made.id}", gone)
    made.refresh_from_db()
    assert made.is_active is False
    Membership.objects.filter(team=made, person=desk.bob).update(role="admin")
    assert desk.as_("ada").post(f"/admin/teams/{desk.team.id}", {"remove": "yes", "do": "apply"}).status_code == 403


def test_the_steps_of_a_policy_are_added_moved_and_dropped_without_scripts(desk: Desk):  # noqa: F811
    night = Policy.objects.get(name="Night")
    path = f"/admin/policies/{night.id}"
    more = send(desk, "ada", path, do="step.add")
    values = inputs(more.content.decode())
    assert values["step"] == ["0", "1"]
    second = {**values, "s1.target": [json.dumps({"order": "daylight", "team": "SecOps"}), ""], "s1.each": ["2m"], "s1.wait": ["1h"]}
    up = desk.as_("ada").post(path, {**second, "do": "step.up.1"})
    values = inputs(up.content.decode())
    assert (values["s0.wait"], values["s1.wait"]) == (["1h"], ["5m"])
    seen = desk.as_("ada").post(path, {**values, "repeat": ["2"], "do": "review"})
    said = words(seen)
    assert "1. team SecOps, one after the other every 2m; wait 1h 2. person bob; wait 5m" in said
    assert re.search(r"By Night, .*Step 1, at once", said)
    assert press(desk, "ada", path, seen).status_code == 303
    night.refresh_from_db()
    assert (night.repeat, [step["wait"] for step in night.steps]) == (2, ["1h", "5m"])
    assert night.steps[0]["notify"][0] == {"kind": "team", "id": desk.team.id, "name": "SecOps", "order": "daylight", "each": "2m"}
    down = send(desk, "ada", path, do="step.drop.0")
    applied_values = inputs(down.content.decode())
    seen = desk.as_("ada").post(path, {**applied_values, "do": "review"})
    press(desk, "ada", path, seen)
    night.refresh_from_db()
    assert [step["wait"] for step in night.steps] == ["5m"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"s0.wait": "soon"}, "expected a duration such as 30s"),
        ({"s0.wait": ""}, "wait is missing"),
        ({"s0.target": ""}, "the list is empty"),
        ({"s0.target": '{"person": "nobody.here"}'}, "nothing under people is called nobody.here"),
        ({"s0.target": '{"channel": "team"}'}, "has no channel"),
        ({"s0.target": "rubbish"}, "does not fit here"),
        ({"s0.target": '[["x"]]'}, "does not fit here"),
        ({"s0.target": "kept:0123"}, "does not fit here"),
        ({"s0.target": "", "s0.hook": "https://hooks.example/x"}, "this policy can reach nobody"),
        ({"s0.hook": "no address"}, "does not fit here"),
        ({"s0.each": "5m"}, "one after the other; expected such a target"),
        ({"repeat": "many"}, "expected a whole number from 0 to 100"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_and_nothing_typed_is_lost(desk: Desk, changes: dict[str, str], says: str):  # noqa: F811
    night = Policy.objects.get(name="Night")
    answer = send(desk, "ada", f"/admin/policies/{night.id}", **changes)
    assert answer.status_code == 422
    assert says in words(answer)
    for name, value in changes.items():
        assert value in inputs(answer.content.decode())[name]
    assert Policy.objects.get(name="Night").steps == night.steps


def test_the_address_of_a_webhook_that_stands_there_is_in_no_page(desk: Desk):  # noqa: F811
    night = Policy.objects.get(name="Night")
    night.steps[0]["notify"].append({"kind": "webhook", "id": None, "name": "hooks.example", "url": "https://hooks.example/s3cret"})
    night.save()
    path = f"/admin/policies/{night.id}"
    page = desk.as_("ada").get(path).content.decode()
    assert ("s3cret" in page, "webhook: hooks.example" in page) == (False, True)
    seen = send(desk, "ada", path, **{"s0.wait": "7m"})
    assert "s3cret" not in seen.content.decode()
    done = press(desk, "ada", path, seen)
    night.refresh_from_db()
    assert (night.steps[0]["wait"], night.steps[0]["notify"][1]["url"]) == ("7m", "https://hooks.example/s3cret")
    assert "s3cret" not in desk.as_("ada").get(done["Location"]).content.decode()


def test_a_new_policy(desk: Desk):  # noqa: F811
    target = json.dumps({"person": "alice"})
    start = "/admin/policies/new?team=SecOps"
    record = applied(desk, "ada", "/admin/policies/new", start=start, **{"name": "Day", "s0.target": target, "s0.wait": "10m"})
    assert Policy.objects.get(name="Day").steps == [{"notify": [{"kind": "person", "id": desk.alice.id, "name": "alice"}], "wait": "10m"}]
    assert record.team_id == desk.team.id


def test_the_preview_of_a_policy_leads_to_its_form_for_whoever_may(desk: Desk):  # noqa: F811
    night = Policy.objects.get(name="Night")
    for name, may in (("ada", True), ("root", True), ("alice", False), ("otto", False)):
        assert (f"/admin/policies/{night.id}" in desk.as_(name).get(f"/policies/{night.id}").content.decode()) is may


@pytest.mark.parametrize("act", ["apply", "step.up.9"])
def test_whatever_is_typed_is_answered_as_a_form_is(desk: Desk, act: str):  # noqa: F811
    night = Policy.objects.get(name="Night")
    before = Record.objects.count()
    paths = [of(desk.bob), f"/admin/teams/{desk.team.id}", f"/admin/policies/{night.id}", f"/admin/services/{desk.service.id}"]
    paths += [f"/admin/{kind}/new" for kind in ("people", "teams", "policies", "services")]
    for path in paths:
        start = inputs(desk.as_("root").get(path).content.decode())
        for text in WORST:
            everything = {name: [text] * max(1, len(value)) for name, value in start.items()}
            answer = desk.as_("root").post(path, {**everything, "do": act})
            assert answer.status_code in (200, 403, 422), (path, text)
            answer = desk.as_("root").post(path, {"do": act, "seen": text, "remove": text, "member": text, "step": [text] * 99})
            assert answer.status_code in (200, 403, 409, 422), (path, text)
    assert Record.objects.count() == before


def test_high_impact_channel_and_issues_of_a_team_are_changed(desk: Desk):  # noqa: F811
    with_chat = selectors.export() + (
        "chats:\n  - {name: slack, kind: slack, token_env: WATCHBILL_SLACK_TOKEN}\n"
        "trackers:\n  - {name: gitlab, kind: gitlab, url: 'https://gitlab.example.org', token_env: WATCHBILL_GITLAB_TOKEN}\n"
    )
    config_actions.apply(with_chat, by=make.actor(desk.root, "cli"), now=desk.now)
    path = f"/admin/teams/{desk.team.id}"
    manager, bob = json.dumps({"schedule": "Managers"}), json.dumps({"person": "bob"})
    first = send(desk, "ada", path, do="impact.more", high_impact__severity="critical", high_impact__target=[manager])
    assert inputs(first.content.decode())["high_impact.target"] == [manager, ""]
    seen = send(
        desk,
        "ada",
        path,
        high_impact__severity="critical",
        high_impact__target=[manager, bob],
        channel__chat="slack",
        channel__name="#security",
        issue__tracker="gitlab",
        issue__project="security/incidents",
        issue__labels="incident, page",
        issue__confidential="yes",
    )
    said = words(seen)
    for part in ("High impact", "severity: critical", "Channel of the team", "chat: slack", "Tracking issues", "confidential: no"):
        assert part in said, part
    assert press(desk, "ada", path, seen).status_code == 303
    found = TeamPaging.objects.get(team=desk.team)
    assert (found.high_impact_severity, [target["name"] for target in found.high_impact_notify]) == ("critical", ["Managers", "bob"])
    desk.team.refresh_from_db()
    assert desk.team.channel == {"chat": "slack", "name": "#security"}
    assert desk.team.issue == {
        "tracker": "gitlab",
        "project": "security/incidents",
        "labels": ["incident", "page"],
        "confidential": False,
        "severity_label": "",
        "restricted": "none",
    }
    assert "nothing to change" in words(send(desk, "ada", path))
    none = {"high_impact__severity": "", "high_impact__target": [""], "channel__chat": "", "channel__name": ""}
    applied(desk, "ada", path, **none, issue__tracker="", issue__project="", issue__labels="", issue__confidential=None)
    desk.team.refresh_from_db()
    assert (desk.team.channel, desk.team.issue, TeamPaging.objects.get(team=desk.team).high_impact_severity) == (None, None, "")


def test_half_a_high_impact_is_refused_beside_it(desk: Desk):  # noqa: F811
    path = f"/admin/teams/{desk.team.id}"
    for changes in ({"high_impact__severity": "high"}, {"high_impact__target": [json.dumps({"person": "bob"})]}):
        answer = send(desk, "ada", path, **changes)
        assert answer.status_code == 422
        assert "High impact" in words(answer)
    lonely = send(desk, "ada", path, channel__name="#security")
    assert (lonely.status_code, "chat is missing" in words(lonely)) == (422, True)


def test_a_step_posts_into_a_channel_that_no_team_has(desk: Desk):  # noqa: F811
    path = f"/admin/policies/{Policy.objects.get(name='Night').id}"
    assert "New channel" not in words(desk.as_("ada").get(path))  # there is no chat
    with_chat = selectors.export() + "chats:\n  - {name: slack, kind: slack, token_env: WATCHBILL_SLACK_TOKEN}\n"
    config_actions.apply(with_chat, by=make.actor(desk.root, "cli"), now=desk.now)
    half = send(desk, "ada", path, s0__room="#war-room")
    assert (half.status_code, "chat is missing" in words(half)) == (422, True)
    applied(desk, "ada", path, s0__chat="slack", s0__room="#war-room")
    assert Policy.objects.get(name="Night").steps[0]["notify"][1:] == [
        {"kind": "channel", "id": None, "name": "#war-room", "chat": "slack"}
    ]
    assert "channel: #war-room of slack" in words(desk.as_("ada").get(path))
    assert "nothing to change" in words(send(desk, "ada", path))
