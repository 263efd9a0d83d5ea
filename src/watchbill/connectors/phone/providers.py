"""Which providers of telephones are there, in which order, and what keeps one from working?"""

from __future__ import annotations

import os
from dataclasses import dataclass

from watchbill.notifications.models import Phone

SMS, VOICE = "sms", "voice"
TWILIO, HTTP = "twilio", "http"


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, as the configuration file says. Its secrets are read from the environment when they are needed."""

    name: str
    kind: str  # twilio | http
    url: str
    sender: str
    account_env: str
    token_env: str
    secret_env: str
    sends: tuple[str, ...]
    per_person: int
    overall: int

    @property
    def missing(self) -> tuple[str, ...]:
        """Environment variables that it needs and that are not set."""
        needs = (self.account_env, self.token_env) if self.kind == TWILIO else (self.secret_env,)
        return tuple(name for name in needs if not os.environ.get(name))

    @property
    def account(self) -> str:
        return os.environ.get(self.account_env, "")

    @property
    def token(self) -> str:
        return os.environ.get(self.token_env, "")

    @property
    def secret(self) -> str:
        return os.environ.get(self.secret_env, "")


def stored() -> list[Provider]:
    """Every provider that is configured, in the order of fail-over."""
    rows = Phone.objects.filter(is_active=True).order_by("position", "id")
    return [_provider(row) for row in rows]


def _provider(row: Phone) -> Provider:
    envs = (row.account_env, row.token_env, row.secret_env)
    return Provider(row.name, row.kind, row.url, row.sender, *envs, sends=tuple(row.sends), per_person=row.per_person, overall=row.overall)


def working(way: str, providers: list[Provider]) -> list[Provider]:
    """Those of them that can send this way now."""
    return [each for each in providers if way in each.sends and not each.missing]


def named(kind: str, name: str) -> Provider | None:
    """The provider that calls back, when it works here."""
    return next((each for each in stored() if (each.kind, each.name) == (kind, name) and not each.missing), None)


def why_no_text() -> str:
    """What keeps text messages from going out, or nothing."""
    return _why_not(SMS, "text messages")


def why_no_call() -> str:
    """What keeps calls from going out, or nothing."""
    return _why_not(VOICE, "calls")


def _why_not(way: str, what: str) -> str:
    there = [each for each in stored() if way in each.sends]
    if working(way, there):
        return ""
    if not there:
        return f"No provider of {what} stands under `phones` in the configuration file."
    return f"No provider of {what} is set up here. `watchbill doctor` names what is missing."
