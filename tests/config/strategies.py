"""Valid files, made at random: every optional field may be there, names are as unpleasant as YAML allows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

UNPLEASANT = [
    "NO",
    "yes",
    "12:30",
    "null",
    "~",
    "a: b",
    "# no comment",
    "- x",
    "'",
    '"',
    "{x}",
    "*a",
    "&a",
    "0o17",
    "1e3",
    "007",
    "é",
    "日本",
    "\U0001f4df",
    "%",
    "@",
    "a\\b",
    "x #y",
    "...",
]
names = st.one_of(
    st.sampled_from(UNPLEASANT),
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"), exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=12,
    ).filter(lambda text: text == text.strip()),
)
handles = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,5}", fullmatch=True)
elapsed = st.builds("{}{}".format, st.integers(1, 90), st.sampled_from("smhw"))
waits = st.one_of(elapsed, st.sampled_from(["1 day", "3 days", "1 month", "1 business day", "10 business days"]))
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
days = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, unique=True)
dates = st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2100, 1, 1)).map(str)
severities = st.sampled_from(["critical", "high", "medium", "low"])
zones = st.sampled_from(["UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


def group(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


hours = group({}, {"days": days, "from": clocks, "to": clocks})
contacts = st.lists(
    st.one_of(
        st.fixed_dictionaries({"kind": st.just("email"), "address": st.builds("{}@example.org".format, handles)}),
        st.fixed_dictionaries({"kind": st.sampled_from(["sms", "voice"]), "address": st.just("+15005550011")}),
        group(
            {"kind": st.just("webhook"), "address": st.builds("https://example.org/{}".format, handles)},
            {"secret_env": st.just("SECRET_OF_ANN")},
        ),
        st.fixed_dictionaries({"kind": st.just("push"), "address": names}),
        st.fixed_dictionaries({"kind": st.just("slack"), "address": st.sampled_from(["U012AB3CD", "@ada", "slack:W012AB3CD"])}),
        st.fixed_dictionaries({"kind": st.just("apprise"), "address": st.builds("tgram://1:{}/2".format, handles)}),
        st.fixed_dictionaries({"kind": st.just("apprise"), "address_env": st.sampled_from(["APPRISE_OF_ANN", "APPRISE_OF_BEN"])}),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda contact: (contact["kind"], contact.get("address") or contact["address_env"]),
)


@st.composite
def person(draw: Any, handle: str) -> dict[str, Any]:
    made = draw(
        group(
            {"handle": st.just(handle), "name": names, "email": st.just(f"{handle}@example.org".replace("..", "."))},
            {
                "timezone": zones,
                "region": st.sampled_from(["EMEA", "APAC"]),
                "holidays": st.sampled_from(["GB", "DE-BY", "NO"]),
                "hours": hours,
                "contact": contacts,
            },
        )
    )
    kinds = sorted({contact["kind"] for contact in made.get("contact", [{"kind": "email"}])})
    rule = group(
        {
            "after": st.one_of(st.just("0s"), elapsed),
            "by": st.one_of(st.sampled_from(kinds), st.lists(st.sampled_from(kinds), min_size=1, unique=True)),
        },
        {},
    )
    rules = st.lists(rule, min_size=1, max_size=3)
    if draw(st.booleans()):
        made["notify"] = draw(group({}, {"high": rules, "low": rules}))
    return made


def some(of: list[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(of), min_size=least, unique=True)


@st.composite
def layer(draw: Any, name: str, people: list[str]) -> dict[str, Any]:
    return draw(
        group(
            {
                "name": st.just(name),
                "shifts": st.fixed_dictionaries(
                    {"days": days, "start": clocks, "length": st.sampled_from(["12h", "24h", "1w", "2 days", "90m"])}
                ),
                "rotation": st.fixed_dictionaries(
                    {
                        "order": st.lists(st.one_of(st.sampled_from(people), some(people, 1)), min_size=1, max_size=4),
                        "turn": st.sampled_from(["1w", "2w", "1 shift", "3 days", "1 month", "24h"]),
                        "starting": dates,
                    }
                ),
            },
            {"shadow": st.just(False), "timezone": zones, "ending": st.sampled_from(["2200-01-01", "2199-12-31"])},
        )
    )


def targets(people: list[str], teams: list[str], schedules: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    certain = [st.fixed_dictionaries({"person": st.sampled_from(people)})]
    if schedules:
        certain.append(st.fixed_dictionaries({"schedule": st.sampled_from(schedules)}))
    more = [
        group({"team": st.sampled_from(teams)}, {"order": st.just("all")}),
        group({"team": st.sampled_from(teams), "order": st.just("daylight")}, {"each": elapsed}),
        st.fixed_dictionaries({"webhook": st.builds("https://example.org/{}".format, handles)}),
        st.fixed_dictionaries({"channel": st.fixed_dictionaries({"chat": st.just("slack"), "name": names})}),
    ]
    rest = st.lists(st.one_of(*certain, *more), max_size=2)
    return st.builds(lambda first, others: [first, *others], st.one_of(*certain), rest)


@st.composite
def team(draw: Any, name: str, people: list[str], schedules: list[str], all_targets: Any) -> dict[str, Any]:
    managers = draw(some(people))
    optional = {
        "ownership": st.sampled_from(["acker", "on_call", "assigned"]),
        "members": some(people),
        "managers": st.just(managers),
        "roles": st.dictionaries(st.sampled_from(people), st.sampled_from(["manager", "admin"])),
        "high_impact": st.fixed_dictionaries({"severity": severities, "notify": all_targets}),
        "last_resort": st.sampled_from(people),
        "calendar": group(
            {},
            {
                "timezone": zones,
                "days": days,
                "from": clocks,
                "to": clocks,
                "holidays": st.just("NO"),
                "closed": st.lists(dates, unique=True),
            },
        ),
        "critical_anyway": st.booleans(),
        "ack_timeout": st.one_of(elapsed, st.just("2 days")),
        "assignee_moves": st.sampled_from(["accept", "offer"]),
        "channel": st.fixed_dictionaries({"chat": st.just("slack"), "name": names}),
    }
    if schedules:
        optional["manager"] = st.fixed_dictionaries({"schedule": st.sampled_from(schedules)})
    return draw(group({"name": st.just(name), "desk": st.sampled_from(["paged", "queue"])}, optional))


@st.composite
def service(draw: Any, name: str, teams: list[str], policies: list[str]) -> dict[str, Any]:
    storm = st.one_of(st.just("off"), group({}, {"incidents": st.integers(1, 99), "within": elapsed}))
    route = st.fixed_dictionaries(
        {"when": st.dictionaries(names, st.one_of(names, st.just("/a.*b/")), min_size=1, max_size=2), "to": st.just({"drop": True})}
    )
    return draw(
        group(
            {"name": st.just(name), "team": st.sampled_from(teams), "policy": st.sampled_from(policies)},
            {
                "group_by": st.lists(names, unique=True, max_size=3),
                "group_for": elapsed,
                "when_cleared": st.sampled_from(["stop_paging", "keep", "resolve"]),
                "source_ack": st.sampled_from(["mark", "stops"]),
                "urgency": st.dictionaries(severities, st.sampled_from(["high", "low"])),
                "severity": st.dictionaries(names, severities, max_size=3),
                "restricted": st.booleans(),
                "storm": storm,
                "routes": st.lists(route, max_size=2),
            },
        )
    )


def phone(name: str) -> st.SearchStrategy[dict[str, Any]]:
    limits = st.fixed_dictionaries({}, optional={"person": st.integers(1, 99), "all": st.integers(1, 9999)})
    number = st.sampled_from(["+15005550006", "+44 20 7946 0958"])
    twilio = {"name": st.just(name), "kind": st.just("twilio"), "from": number, "account_env": st.just("A"), "token_env": st.just("T")}
    http = {"name": st.just(name), "kind": st.just("http"), "url": st.just("https://sms.example.org/x"), "secret_env": st.just("S")}
    ways = st.lists(st.sampled_from(["sms", "voice"]), min_size=1, unique=True)
    return st.one_of(group(twilio, {"sends": ways, "limits": limits}), group(http, {"from": number, "limits": limits}))


@st.composite
def files(draw: Any) -> dict[str, Any]:
    """A whole file, as plain data."""
    people = draw(st.lists(handles, min_size=1, max_size=4, unique_by=lambda handle: f"{handle}@example.org".replace("..", ".")))
    teams, schedules, policies, services = (draw(st.lists(names, min_size=least, max_size=3, unique=True)) for least in (1, 0, 1, 0))
    all_targets = targets(people, teams, schedules)
    made: dict[str, Any] = {
        "organization": draw(names),
        "last_resort": draw(st.sampled_from(people)),
        "people": [draw(person(handle)) for handle in people],
        "teams": [draw(team(name, people, schedules, all_targets)) for name in teams],
        "schedules": [draw(_schedule(name, people, teams)) for name in schedules],
        "policies": [draw(_policy(name, people, teams, all_targets)) for name in policies],
        "services": [draw(service(name, teams, policies)) for name in services],
        "phones": [draw(phone(name)) for name in draw(st.lists(handles, min_size=1, max_size=2, unique=True))],
        "chats": [{"name": "slack", "kind": "slack", "token_env": "SLACK_TOKEN"}],
        "stale": [{"team": name, "severity": draw(severities), "after": draw(waits)} for name in teams[:1]],
    }
    for kind in ("schedules", "services"):
        if not made[kind]:
            del made[kind]
    return made


@st.composite
def _schedule(draw: Any, name: str, people: list[str], teams: list[str]) -> dict[str, Any]:
    layers = [draw(layer(layer_name, people)) for layer_name in draw(st.lists(names, min_size=1, max_size=3, unique=True))]
    optional = {"combine": st.sampled_from(["union", "stack"]), "hours": st.sampled_from(["any", "business"])}
    return draw(group({"name": st.just(name), "team": st.sampled_from(teams), "timezone": zones, "layers": st.just(layers)}, optional))


@st.composite
def _policy(draw: Any, name: str, people: list[str], teams: list[str], all_targets: Any) -> dict[str, Any]:
    step = st.fixed_dictionaries({"notify": all_targets, "wait": waits})
    optional = {"repeat": st.integers(0, 9), "last_resort": st.sampled_from(people)}
    return draw(group({"name": st.just(name), "team": st.sampled_from(teams), "steps": st.lists(step, min_size=1, max_size=3)}, optional))
