"""What happened in the three months before the demo: invented, on purpose ordinary, always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

DAYS = 92


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person or the source does, so many minutes after the alert. `who`: on_call, manager, a handle, or source."""

    after: float
    verb: str  # acknowledge | note | resolve | escalate | severity | clear
    who: str = "on_call"
    text: str = ""
    via: str = "web"


@dataclass(frozen=True, slots=True)
class Story:
    """One alert and what became of it."""

    minutes_ago: float
    service: str
    summary: str
    severity: str
    kind: str
    component: str
    source: str
    acts: tuple[Act, ...] = field(default=())


ALERTS = (
    ("Impossible travel: {role} signed in from two continents", "critical", "impossible-travel", "idp-prod"),
    ("Deploy token used from an unknown network", "error", "token-misuse", "ci"),
    ("Unusual number of repository clones by one account", "error", "exfiltration", "git"),
    ("New admin role granted outside a change window", "error", "privilege", "idp-prod"),
    ("Secret found in a public commit", "critical", "leaked-secret", "git"),
    ("Endpoint protection switched off on a laptop", "warning", "endpoint", "fleet"),
    ("Login burst against the customer portal", "warning", "credential-stuffing", "portal"),
    ("Certificate for a look-alike domain was issued", "warning", "phishing", "domains"),
    ("Audit log delivery has stopped", "error", "visibility", "siem"),
    ("Outbound traffic to a known command server", "critical", "c2", "build-farm"),
)
PANIC = ("Laptop lost at an airport", "I clicked on it, what now?", "A caller knew my manager's name", "Strange USB stick in the mail room")
REPORTS = (
    "Stored XSS in release notes",
    "Token in a debug log of the installer",
    "Path traversal in the archive importer",
    "Rate limit missing on sign-in",
)
FINDINGS = (
    "Confirmed with the account's owner: it was them, on a new VPN.",
    "The session came with a stolen cookie, not with a password. Sessions are ended.",
    "Token revoked. Its last use was 40 minutes ago, from the same network.",
    "False alarm: the detection counts the mirror's clones. Rule tuned.",
    "Owner of the system is engaged; the host is off the network.",
)
ROLES = ("an admin role", "a build account", "a support role")


def past() -> list[Story]:
    """Everything before the last day, oldest first."""
    rng = random.Random(418)  # noqa: S311  a story, not a secret
    made = [_one(rng, minutes) for minutes in _moments(rng)]
    return sorted(made, key=lambda story: -story.minutes_ago)


def _moments(rng: random.Random) -> Iterator[float]:
    day = float(DAYS)
    while day > 1.2:
        yield day * 1440
        day -= rng.expovariate(1 / 2.1)


def _one(rng: random.Random, minutes: float) -> Story:
    roll = rng.random()
    if roll < 0.12:
        return Story(minutes, "Panic mailbox", rng.choice(PANIC), "error", "panic", "people", "panic@example.org", _answered(rng, 4))
    if roll < 0.22:
        acts = (Act(180 + rng.random() * 600, "acknowledge", "member"), Act(1200 + rng.random() * 2000, "resolve", "owner"))
        return Story(minutes, "Vulnerability intake", rng.choice(REPORTS), "warning", "report", "intake", "form", acts)
    summary, severity, kind, component = rng.choice(ALERTS)
    summary = summary.format(role=rng.choice(ROLES))
    return Story(minutes, "Detections", summary, severity, kind, component, f"detector-{rng.randrange(1, 9)}", _course(rng))


def _course(rng: random.Random) -> tuple[Act, ...]:
    roll = rng.random()
    if roll < 0.66:
        return _answered(rng, 1 + rng.random() * 9)
    if roll < 0.84:  # the on-call sleeps; the manager's step wakes somebody
        return _answered(rng, 16 + rng.random() * 6, who="manager" if rng.random() < 0.5 else "on_call")
    if roll < 0.92:  # its source takes it back before anybody looked
        return (
            Act(3, "clear", "source"),
            Act(50, "acknowledge", "on_call"),
            Act(58, "note", "owner", FINDINGS[3]),
            Act(62, "resolve", "owner"),
        )
    return _answered(rng, 36 + rng.random() * 8, who="backup")


def _answered(rng: random.Random, first: float, *, who: str = "on_call") -> tuple[Act, ...]:
    work = 25 + rng.expovariate(1 / 60)
    via = rng.choice(("web", "mail link", "mail link", "cli"))
    acts = [Act(first, "acknowledge", who, via=via), Act(first + work / 2, "note", "owner", rng.choice(FINDINGS))]
    if rng.random() < 0.7:
        acts.append(Act(first + work * 0.8, "clear", "source"))
    return (*acts, Act(first + work, "resolve", "owner"))


def last_day() -> list[Story]:
    """What is still open when the demo begins, so that every page shows something."""
    return [
        Story(
            1100,
            "Vulnerability intake",
            "Stack overflow in the template parser, with a proof",
            "warning",
            "report",
            "intake",
            "form",
            (Act(200, "acknowledge", "member"), Act(260, "note", "owner", "Reproduced on the last two releases.")),
        ),
        Story(
            310,
            "Panic mailbox",
            "Badge reader at the side door lets everybody in",
            "error",
            "panic",
            "people",
            "panic@example.org",
            (
                Act(6, "acknowledge", "on_call", via="mail link"),
                Act(40, "note", "owner", "Facilities replaced the reader; logs of the door are being read."),
                Act(190, "note", "owner", "Three unknown entries on Thursday night. Asked the building for video."),
            ),
        ),
        Story(
            95,
            "Detections",
            "Deploy token used from an unknown network",
            "error",
            "token-misuse",
            "ci",
            "detector-3",
            (
                Act(17, "acknowledge", "manager"),
                Act(31, "note", "owner", "Token revoked; the runner's owner is engaged."),
                Act(48, "severity", "owner", "high"),
            ),
        ),
        Story(
            70,
            "Detections",
            "Login burst against the customer portal",
            "warning",
            "credential-stuffing",
            "portal",
            "detector-5",
            (Act(2, "clear", "source"),),
        ),
    ]


LIVE = Story(
    0,
    "Demo detections",
    "Impossible travel: admin role signed in to idp-prod from two continents",
    "critical",
    "impossible-travel",
    "idp-prod",
    "detector-1",
)
