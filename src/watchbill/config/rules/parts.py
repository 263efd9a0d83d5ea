"""Which fields does the file have? The one description of it: checks, JSON Schema and documentation all come from here. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from watchbill.config.rules.chats import CHANNEL, CHATS
from watchbill.config.rules.duties import DUTIES
from watchbill.config.rules.forms import (
    BUSINESS,
    CALENDAR,
    CLOCK,
    DAYS,
    ELAPSED,
    EMAIL,
    ENVIRONMENT,
    HANDLE,
    NAME,
    SEVERITY,
    SHIFT,
    URGENCY,
    URL,
    Day,
    Holidays,
    Span,
    Zone,
)
from watchbill.config.rules.mailboxes import MAILBOXES, SENDERS
from watchbill.config.rules.phones import PHONES
from watchbill.config.rules.platforms import PLATFORMS
from watchbill.config.rules.programs import PROGRAMS
from watchbill.config.rules.queues import QUEUES, STALE
from watchbill.config.rules.shapes import Either, Field, Flag, Group, Keyed, Many, Named, OneOf, Shape, Text, Variants, Whole
from watchbill.config.rules.trackers import ISSUE, TRACKERS

CONTACT_KINDS = ("email", "webhook", "sms", "voice", "push", "slack", "apprise")
ROLES = ("viewer", "responder", "manager", "admin")

SECONDS = Span((ELAPSED,))

PERSON = Named("people")
TEAM = Named("teams")
SCHEDULE = Named("schedules")

WORKING = {
    "days": Field(Many(DAYS, 1, once=True), "Working days.", default="Monday to Friday"),
    "from": Field(CLOCK, "Begin of the working day.", default="09:00"),
    "to": Field(CLOCK, "End of the working day.", default="17:00"),
}

TARGET = Variants(
    {
        "schedule": Group({"schedule": Field(SCHEDULE, "Whoever has this watch when the step fires.", required=True)}),
        "person": Group({"person": Field(PERSON, "One person, by handle.", required=True)}),
        "team": Group(
            {
                "team": Field(TEAM, "Everybody on the desk of a team.", required=True),
                "order": Field(OneOf(("all", "daylight")), "All at once, or one after the other, working hours first.", default="all"),
                "each": Field(SECONDS, "Time between two people in daylight order.", default="5m"),
            }
        ),
        "channel": Group(
            {
                "channel": Field(
                    Either(
                        OneOf(("team",)),
                        CHANNEL,
                    ),
                    "The channel of the policy's team, or any other. A channel alone reaches nobody.",
                    required=True,
                )
            }
        ),
        "webhook": Group({"webhook": Field(URL, "Another system. It reaches nobody.", required=True)}),
    }
)

CONTACT = Group(
    {
        "kind": Field(OneOf(CONTACT_KINDS), required=True),
        "address": Field(
            Text("an address", longest=2000), "Mail address, telephone number as +15005550011, or URL. Needed, but for `address_env`."
        ),
        "address_env": Field(ENVIRONMENT, "Variable that holds an Apprise address, in the place of `address`: it has a password in it."),
        "secret_env": Field(ENVIRONMENT, "Variable with the secret that signs a webhook; without it the installation's key signs."),
    }
)

NOTIFY = Many(
    Group(
        {
            "after": Field(Span((ELAPSED,), zero=True), "Time since this person's turn came.", required=True),
            "by": Field(Many(OneOf(CONTACT_KINDS), 1, once=True, alone=True), "Kinds of contact, all at once.", required=True),
        }
    ),
    1,
)

PEOPLE = Group(
    {
        "handle": Field(HANDLE, "The short name that the rest of the file uses.", required=True),
        "name": Field(NAME, required=True),
        "email": Field(EMAIL, "Signs in with it, and is reached by it.", required=True),
        "timezone": Field(Zone(), default="UTC"),
        "region": Field(Text("a word such as EMEA", longest=32), "Orders a team in daylight order."),
        "holidays": Field(Holidays(), "Public holidays on which this person does not work."),
        "hours": Field(Group(WORKING), "Working time in the person's zone.", default="Monday to Friday 09:00-17:00"),
        "contact": Field(
            Many(CONTACT), "Ways to reach this person, verified by the operator. An empty list: nobody reaches them.", default="their mail"
        ),
        "notify": Field(
            Group({"high": Field(NOTIFY, "For loud pages."), "low": Field(NOTIFY, "For quiet ones.")}), default="everything at once"
        ),
        "active": Field(Flag(), "False for somebody who left: the name stays in the past, nothing is sent.", default="true"),
    },
    "handle",
)

TEAMS = Group(
    {
        "name": Field(NAME, required=True),
        "desk": Field(OneOf(("paged", "queue")), "Paged around the clock, or working through queues.", required=True),
        "ownership": Field(
            OneOf(("acker", "on_call", "assigned")), "Who owns an incident.", default="acker on a paged, on_call on a queue desk"
        ),
        "members": Field(Many(PERSON, once=True), "The people on the desk.", default="nobody"),
        "managers": Field(Many(PERSON, once=True), "Managers; on the desk only if they are members too.", default="nobody"),
        "roles": Field(
            Keyed(PERSON, OneOf(ROLES)), "What a person may do in this team.", default="responder for members, manager for managers"
        ),
        "manager": Field(Group({"schedule": Field(SCHEDULE, required=True)}), "The schedule on which the managers stand."),
        "high_impact": Field(
            Group({"severity": Field(SEVERITY, required=True), "notify": Field(Many(TARGET, 1), required=True)}),
            "From this severity on the manager gets a page of their own.",
        ),
        "last_resort": Field(PERSON, "Paged when a policy of this team ran out and names nobody.", default="the installation's"),
        "calendar": Field(
            Group(
                {
                    "timezone": Field(Zone(), default="UTC"),
                    **WORKING,
                    "holidays": Field(Holidays()),
                    "closed": Field(Many(Day(), once=True), "Days on which the team does not work besides.", default="none"),
                }
            ),
            "Working time of the team as a whole.",
        ),
        "critical_anyway": Field(Flag(), "On a queue desk: critical pages are loud all the same.", default="false"),
        "ack_timeout": Field(
            Span((ELAPSED, CALENDAR)), "No human word for so long: the owner is pinged.", default="4h on a paged desk, none on a queue desk"
        ),
        "assignee_moves": Field(OneOf(("accept", "offer")), "When a hand-off moves the tracker's assignee.", default="accept"),
        "issue": Field(ISSUE, "Where the tracking issue of each of its incidents is made."),
        "channel": Field(CHANNEL, "The team's channel: the message of each of its incidents stands there, without a step."),
    },
    "name",
)

LAYER = Group(
    {
        "name": Field(NAME, required=True),
        "shifts": Field(
            Group(
                {
                    "days": Field(Many(DAYS, 1, once=True), "Days on which a shift starts.", required=True),
                    "start": Field(CLOCK, "Clock time of the layer's zone.", required=True),
                    "length": Field(Span((ELAPSED, CALENDAR)), "Clock time: 24h is a day, however long it is.", required=True),
                }
            ),
            required=True,
        ),
        "rotation": Field(
            Group(
                {
                    "order": Field(
                        Many(Many(PERSON, 1, once=True, alone=True), 1), "Who follows whom; several at once as a list.", required=True
                    ),
                    "turn": Field(Span((ELAPSED, CALENDAR, SHIFT)), "How long one has it: whole days, or 1 shift.", required=True),
                    "starting": Field(Day(), "The first turn begins on this day.", required=True),
                }
            ),
            required=True,
        ),
        "timezone": Field(Zone(), "Whose clock its times and days follow.", default="that of the schedule"),
        "ending": Field(Day(), "No shift starts on this day or later.", default="it goes on"),
        "shadow": Field(Flag(), "Notified along, never coverage.", default="false"),
    },
    "name",
)

SCHEDULES = Group(
    {
        "name": Field(NAME, required=True),
        "team": Field(TEAM, required=True),
        "timezone": Field(Zone(), required=True),
        "combine": Field(OneOf(("union", "stack")), "Layers add up, or a later one hides earlier ones.", default="union"),
        "hours": Field(OneOf(("any", "business")), "When the person on call may be notified.", default="any"),
        "layers": Field(Many(LAYER, 1), required=True),
    },
    "name",
)

POLICIES = Group(
    {
        "name": Field(NAME, required=True),
        "team": Field(TEAM, required=True),
        "repeat": Field(Whole(0, 100), "More rounds after the first.", default="0"),
        "last_resort": Field(PERSON, "Paged when the policy ran out.", default="the team's, else the installation's"),
        "steps": Field(
            Many(
                Group(
                    {
                        "notify": Field(Many(TARGET, 1), required=True),
                        "wait": Field(Span((ELAPSED, CALENDAR, BUSINESS)), "Time until the next step fires.", required=True),
                    }
                ),
                1,
            ),
            required=True,
        ),
    },
    "name",
)

SERVICES = Group(
    {
        "name": Field(NAME, required=True),
        "team": Field(TEAM, required=True),
        "policy": Field(Named("policies"), required=True),
        "group_by": Field(
            Many(NAME, once=True), "Alerts with these fields equal join one incident.", default="each alert its own incident"
        ),
        "group_for": Field(SECONDS, "How young the last alert must be to be joined.", default="1h"),
        "when_cleared": Field(OneOf(("stop_paging", "keep", "resolve")), "When the source says that it is over.", default="stop_paging"),
        "source_ack": Field(OneOf(("mark", "stops")), "What an acknowledgement by the source does.", default="mark"),
        "urgency": Field(Keyed(SEVERITY, URGENCY), "How loud a severity is.", default="high on a paged, low on a queue desk"),
        "severity": Field(Keyed(Text("a word of the source"), SEVERITY), "Words of the source for our severities."),
        "restricted": Field(Flag(), "Its incidents are seen only by whoever is paged or named.", default="false"),
        "storm": Field(
            Either(
                OneOf(("off",)),
                Group({"incidents": Field(Whole(1, 100_000), default="20"), "within": Field(SECONDS, default="5m")}),
            ),
            "More new incidents than this become one.",
            default="20 incidents within 5m",
        ),
        "senders": Field(
            SENDERS,
            "Whose mails make alerts by its keys of kind `email`, in place of the mailbox's `senders`; a domain has an @ in front.",
            default="as the mailbox says",
        ),
        "routes": Field(
            Many(
                Group(
                    {
                        "when": Field(
                            Keyed(Text("a field of the alert"), Text("a value, or /a regular expression/", longest=1000)), required=True
                        ),
                        "to": Field(
                            Group(
                                {
                                    "service": Field(Named("services")),
                                    "policy": Field(Named("policies")),
                                    "severity": Field(SEVERITY),
                                    "drop": Field(Flag()),
                                }
                            ),
                            required=True,
                        ),
                    }
                )
            ),
            "The first that fits changes where an alert goes.",
        ),
    },
    "name",
)

HEARTBEATS = Group(
    {
        "name": Field(NAME, required=True),
        "service": Field(Named("services"), "Whose alert it is when no sign comes.", required=True),
        "every": Field(SECONDS, "A sign of life is expected so often.", required=True),
        "grace": Field(Span((ELAPSED,), zero=True), "It is late so long after that.", default="0s"),
        "severity": Field(SEVERITY, "How severe its silence is.", default="high"),
    },
    "name",
)


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the file. `key` names its entries; parts that are not live are kept and reported."""

    kind: str
    group: Group
    says: str
    live: bool = False
    key: str = "name"


PARTS = (
    Part("people", PEOPLE, "Who can be woken.", live=True, key="handle"),
    Part("teams", TEAMS, "The desks.", live=True),
    Part("schedules", SCHEDULES, "Who has the watch, and when.", live=True),
    Part("policies", POLICIES, "Whom to notify, in which order.", live=True),
    Part("services", SERVICES, "What can page.", live=True),
    Part("phones", PHONES, "Who sends text messages and places calls, in the order of fail-over.", live=True),
    Part("mailboxes", MAILBOXES, "Mailboxes that are read: mails that page, answers by mail.", live=True),
    Part("chats", CHATS, "Chat systems.", live=True),
    Part("heartbeats", HEARTBEATS, "Who must give signs of life.", live=True),
    Part("trackers", TRACKERS, "Issue trackers.", live=True),
    Part("queues", QUEUES, "Items that wait for somebody.", live=True),
    Part("duties", DUTIES, "Standing responsibilities of a shift.", live=True),
    Part("stale", STALE, "When silence about an incident is too long.", live=True, key=""),
    Part("platforms", PLATFORMS, "Where vulnerability reports arrive.", live=True),
    Part("programs", PROGRAMS, "Programmes under which vulnerability reports are taken.", live=True),
)
BY_KIND = {part.kind: part for part in PARTS}

HEAD: dict[str, tuple[Shape, str]] = {
    "organization": (NAME, "Who runs this desk."),
    "last_resort": (PERSON, "Paged when nobody else is left. Mandatory."),
}


def file_group() -> Group:
    """The whole file as one shape."""
    head = {name: Field(shape, says, required=True) for name, (shape, says) in HEAD.items()}
    parts = {
        part.kind: Field(Many(part.group, 1 if part.kind == "people" else 0), part.says, required=part.kind == "people") for part in PARTS
    }
    return Group({**head, **parts})


def json_schema() -> dict[str, Any]:
    """The file in JSON Schema 2020-12: for editors, and for whoever writes the file by a program."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Watchbill configuration",
        "description": "People, teams, schedules, policies and services of an on-call desk.",
        **file_group().schema(),
    }
