"""`watchbill maintenance` and `watchbill heartbeat`, as somebody types them."""

from __future__ import annotations

import pytest

from tests import factories
from tests.factories import actor
from watchbill.audit.models import Record
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Heartbeat, IntegrationKey, Maintenance
from watchbill.intake.rules import digest_of
from watchbill.kernel.clock import database_now
from watchbill.paging.models import Page
from watchbill.response.actions import page_by_hand

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db):
    ada, charlie, grace = factories.person("ada"), factories.person("charlie"), factories.person("grace")
    made = factories.team("SecOps", ada)
    factories.team("Elsewhere", charlie)
    factories.organization(grace)
    policy = factories.policy("P", made, ([factories.to(ada)], "15m"), last_resort=grace)
    factories.service("Detections", made, policy)
    factories.service("Secret", made, policy, restricted=True)
    return made


@pytest.mark.req("P19")
def test_add_list_and_end(cli, team):
    incident = page_by_hand("disk full", "Detections", by=actor(factories.person("bruno")), now=database_now())
    added = cli("maintenance", "add", "--service", "Detections", "--for", "2h", "--reason", "new disks", "--as", "ada", "--json").json()
    assert (added["service"], added["state"], added["reason"], added["by"], added["holds"]) == (
        "Detections",
        "running",
        "new disks",
        "ada",
        1,
    )
    assert Page.objects.get(incident=incident).status == "paused"
    (listed,) = cli("maintenance", "list", "--json").json()
    assert listed == added
    assert "new disks" in cli("maintenance", "list").out
    assert "is over" in cli("maintenance", "end", str(added["id"]), "--as", "ada").out
    assert cli("maintenance", "list", "--json").json() == []
    (over,) = cli("maintenance", "list", "--all", "--json").json()
    assert (over["state"], over["ended_by"]) == ("over", "ada")
    done = Record.objects.filter(action__startswith="maintenance.").order_by("id").values_list("action", "actor", "via")
    assert list(done) == [("maintenance.add", "ada", "cli"), ("maintenance.begin", "engine", "engine"), ("maintenance.end", "ada", "cli")]
    assert cli("maintenance", "end", str(added["id"])).code == 1


def test_in_advance_by_field_and_recurring(cli, team):
    words = ["--service", "Detections", "--reason", "nightly copy", "--timezone", "Europe/Berlin"]
    words += ["--from", "2199-06-01T02:00", "--to", "2199-06-01T04:00", "--every", "1 day", "--until", "2199-09-01"]
    added = cli("maintenance", "add", *words, "--when", "component=db1", "--when", "summary=/^disk=/", "--json").json()
    assert (added["state"], added["starts_at"], added["every"], added["by"]) == ("coming", "2199-06-01T00:00:00Z", "1 day", None)
    assert added["when"] == {"component": "db1", "summary": "/^disk=/"}
    assert "It comes again" not in cli("maintenance", "end", str(added["id"])).out
    assert Maintenance.objects.get().state == "over"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--for", "2h", "--to", "2199-01-01"], 2, "--to TIME, or --for"),
        ([], 2, "--to TIME, or --for"),
        (["--for", "soon"], 2, "duration"),
        (["--for", "1 month"], 1, "2h or 90m"),
        (["--for", "2h", "--timezone", "Mars/Base", "--from", "2199-01-01T00:00"], 2, "time zone"),
        (["--for", "2h", "--when", "component"], 2, "component=db1"),
        (["--for", "2h", "--when", "component=/(/"], 1, "regular expression"),
        (["--for", "2h", "--every", "fortnight"], 1, "1 day or 1 week"),
        (["--to", "2001-01-01"], 1, "end after it begins"),
    ],
)
def test_what_is_refused_says_what_was_expected(cli, team, words, code, says):
    got = cli("maintenance", "add", "--service", "Detections", "--reason", "x", *words)
    assert (got.code, Maintenance.objects.count()) == (code, 0)
    assert says in got.err


@pytest.mark.parametrize("service", ["Secret", "Nowhere"])
def test_charlie_learns_nothing_of_a_restricted_service(cli, team, service):
    got = cli("maintenance", "add", "--service", service, "--reason", "x", "--for", "2h", "--as", "charlie")
    assert (got.code, got.err.replace(service, "N")) == (1, "There is no service 'N' here. Look at the list of services for its name.\n")
    cli("maintenance", "add", "--service", "Secret", "--reason", "the cat", "--for", "2h", "--as", "ada")
    one = Maintenance.objects.get()
    assert cli("maintenance", "list", "--json", "--as", "charlie").json() == []
    assert cli("maintenance", "end", str(one.id), "--as", "charlie").err.startswith(f"There is no maintenance {one.id} here.")
    assert len(cli("maintenance", "list", "--json", "--as", "ada").json()) == 1


def test_who_is_no_responder_of_the_team_may_look_and_not_change(cli, team):
    got = cli("maintenance", "add", "--service", "Detections", "--reason", "x", "--for", "2h", "--as", "charlie")
    assert (got.code, Maintenance.objects.count()) == (1, 0)
    assert "charlie has no role in this team" in got.err
    cli("maintenance", "add", "--service", "Detections", "--reason", "x", "--for", "2h", "--as", "ada")
    (one,) = cli("maintenance", "list", "--json", "--as", "charlie").json()
    assert cli("maintenance", "end", str(one["id"]), "--as", "charlie").code == 1
    assert Maintenance.objects.get().state == "running"


@pytest.mark.req("P20")
def test_heartbeats_are_listed_and_get_a_key_that_is_shown_once(cli, team):
    service = team.services.get(name="Detections")
    watch_in("backup", {"service_id": service.id, "every_seconds": 300, "grace_seconds": 60, "severity": "high"}, now=database_now())
    made = cli("heartbeat", "key", "backup", "--json").json()
    key = IntegrationKey.objects.get()
    assert (made["id"], made["heartbeat"], made["address"].endswith(f"/in/heartbeat/{made['key']}")) == (key.id, "backup", True)
    assert bytes(key.digest) == digest_of(made["key"])
    (row,) = cli("heartbeat", "list", "--json").json()
    assert (row["name"], row["state"], row["every_seconds"], row["last_at"], row["keys"]) == ("backup", "waits", 300, None, 1)
    now = database_now()
    Heartbeat.objects.update(last_at=now)
    assert cli("heartbeat", "list", "--json").json()[0]["state"] == "beats"
    Heartbeat.objects.update(late_at=now)
    assert "silent" in cli("heartbeat", "list").out
    assert cli("heartbeat", "key", "nothing").code == 1
