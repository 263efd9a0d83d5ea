"""What the operator set is read once, and refused with the variable's name."""

from __future__ import annotations

import datetime as dt
import ipaddress

import pytest

from watchbill.kernel import setup
from watchbill.kernel.errors import Invalid, Refused
from watchbill.main import environment


def read(tmp_path, **env):
    return environment.read({"WATCHBILL_DATA": str(tmp_path), **env})


def test_nothing_is_needed(tmp_path):
    env = read(tmp_path)
    assert (env.embedded, env.bind, env.url) == (True, ("127.0.0.1", 8470), "http://127.0.0.1:8470")
    assert env.database["HOST"] == str(tmp_path / "run")
    assert env.allow_private_targets == ()


def test_the_secret_key_is_made_once_and_kept_for_its_owner(tmp_path):
    first = read(tmp_path).secret_key
    assert len(first) > 40
    assert read(tmp_path).secret_key == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert read(tmp_path, WATCHBILL_SECRET_KEY="mine").secret_key == "mine"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("WATCHBILL_BIND", "8470", "expected HOST:PORT"),
        ("WATCHBILL_BIND", "localhost:http", "expected HOST:PORT"),
        ("WATCHBILL_BIND", "localhost:70000", "expected HOST:PORT"),
        ("WATCHBILL_BIND", "localhost:\u0663", "expected HOST:PORT"),
        ("DATABASE_URL", "mysql://x/y", "must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://h:abc/y", "expected one as postgresql://"),
        ("DATABASE_URL", "postgresql://[::1/y", "expected one as postgresql://"),
        ("WATCHBILL_URL", "nonsense", "expected the address"),
        ("WATCHBILL_URL", "https://x:0", "expected the address"),
        ("WATCHBILL_URL", "http://[::1", "expected the address"),
        ("WATCHBILL_ALLOW_PRIVATE_TARGETS", "10.0.0.0/99", "expected addresses or nets"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path, name, value, sentence):
    with pytest.raises(Invalid, match=name) as caught:
        read(tmp_path, **{name: value})
    assert sentence in caught.value.message


def test_a_folder_that_cannot_be_one_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(Refused, match="cannot be used"):
            environment.read({"WATCHBILL_DATA": str(folder)})
    (tmp_path / "secret_key").write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="it is no text"):
        read(tmp_path)


def test_a_database_url_is_taken_apart(tmp_path):
    url = "postgresql://us%40er:p%2Fw@db.example.org:5433/desk?sslmode=require&target_session_attrs=read-write"
    database = read(tmp_path, DATABASE_URL=url).database
    assert (database["USER"], database["PASSWORD"], database["HOST"], database["PORT"], database["NAME"]) == (
        "us@er",
        "p/w",
        "db.example.org",
        "5433",
        "desk",
    )
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["options"] == "-c role=watchbill_app"
    assert read(tmp_path, DATABASE_URL="postgresql://u@/desk?host=a,b,c").database["HOST"] == "a,b,c"


def test_the_owner_keeps_its_own_rights_and_only_the_web_takes_from_a_pool(tmp_path):
    assert "options" not in read(tmp_path, DATABASE_URL="postgresql://u@h/d", WATCHBILL_AS_OWNER="1").database["OPTIONS"]
    assert "pool" not in read(tmp_path).database["OPTIONS"]
    web = read(tmp_path, WATCHBILL_PROCESS="web").database
    assert (web["CONN_MAX_AGE"], web["OPTIONS"]["pool"]["max_size"]) == (0, 12)


def test_private_targets_are_addresses_or_nets(tmp_path):
    nets = read(tmp_path, WATCHBILL_ALLOW_PRIVATE_TARGETS="10.1.2.3, 127.0.0.0/8,::1").allow_private_targets
    assert nets == (ipaddress.ip_network("10.1.2.3/32"), ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def test_a_set_up_link_works_for_a_day_and_only_here():
    token = setup.make_token("key", issued=1000)
    assert setup.is_valid("key", token, now=1000 + 23 * 3600)
    assert not setup.is_valid("key", token, now=1000 + 25 * 3600)
    assert not setup.is_valid("other", token, now=1001)
    for broken in ("", "x", "1000", "1000-", token[:-1], "\udcff-1", "9" * 400 + "-x"):
        assert not setup.is_valid("key", broken, now=1001)


@pytest.mark.parametrize(("text", "minutes"), [("12h", 720), ("90m", 90), ("2d", 2880), ("0", 0), ("0h", 0), ("", 720)])
def test_how_long_before_a_watch_its_drill_goes_out(tmp_path, text, minutes):
    found = read(tmp_path, WATCHBILL_DRILL_BEFORE=text)
    assert found.drill_before == dt.timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["12", "-1h", "8d", "soon", "1h30m", "1 h"])
def test_a_drill_before_that_is_no_length_is_said_by_name(tmp_path, text):
    with pytest.raises(Invalid, match="WATCHBILL_DRILL_BEFORE"):
        read(tmp_path, WATCHBILL_DRILL_BEFORE=text)
