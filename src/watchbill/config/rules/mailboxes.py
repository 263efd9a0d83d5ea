"""Which fields has a mailbox that is read, and what do they mean? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchbill.config.rules.forms import EMAIL, ENVIRONMENT, NAME, without
from watchbill.config.rules.shapes import Field, Group, Many, Named, OneOf, Text

Full = dict[str, Any]

PURPOSES = ("alerts", "replies", "reports")
REPORTS = ["reports"]
INBOX = "INBOX"
SENDERS = Many(Text("a mail address, or @domain", r"[^@\s<>(),;:\\\"\[\]]*@[\w-]+(\.[\w-]+)*", 254), once=True)

MAILBOXES = Group(
    {
        "name": Field(NAME, required=True),
        "team": Field(Named("teams"), required=True),
        "imap_env": Field(ENVIRONMENT, "Variable with its `imaps://user:password@host`.", required=True),
        "address": Field(EMAIL, "Where mail to it is sent; `name+anything@` must arrive in it too.", required=True),
        "for": Field(
            Many(OneOf(PURPOSES), 1, once=True),
            "What is read in it: mails of monitors, answers to our own mails, vulnerability reports.",
            default="reports",
        ),
        "service": Field(
            Named("services"), "Mail to the plain address pages for this service. For alerts.", default="only mail to the address of a key"
        ),
        "senders": Field(SENDERS, "Whose mails make alerts; a domain has an @ in front.", default="everybody's"),
        "folder": Field(NAME, "The folder that is read.", default="INBOX"),
        "move_to": Field(NAME, "The folder into which a mail goes once it is stored.", default="it stays, and is marked as read"),
        "authserv": Field(
            Text("the name of a mail server, as mx.example.org", r"[A-Za-z0-9._-]+", 254),
            "The server whose `Authentication-Results` are believed.",
            default="nobody's are",
        ),
        "writes": Field(
            Many(OneOf(("answer",)), once=True),
            "What leaves by it as a mail of the team: answers that a person of the team wrote in a thread or to a reporter. For reports.",
            default="nothing: it is only read",
        ),
        "automatic_answer": Field(
            Text("a sentence or two", longest=2000),
            "Sent once a day to each person who writes to it, to point to the right intake; never to a machine. For reports.",
            default="nobody is answered by itself",
        ),
    },
    "name",
)


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a mailbox."""
    return {
        "team": words["team"],
        "imap_env": words["imap_env"],
        "address": words["address"],
        "for": [purpose for purpose in PURPOSES if purpose in words.get("for", REPORTS)],
        "service": words.get("service", ""),
        "senders": list(words.get("senders", [])),
        "folder": words.get("folder", INBOX),
        "move_to": words.get("move_to", ""),
        "authserv": words.get("authserv", ""),
        "writes": list(words.get("writes", [])),
        "automatic_answer": words.get("automatic_answer", ""),
    }


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    return without(
        full,
        {
            "for": REPORTS,
            "service": "",
            "senders": [],
            "folder": INBOX,
            "move_to": "",
            "authserv": "",
            "writes": [],
            "automatic_answer": "",
        },
    )
