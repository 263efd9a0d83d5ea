"""Bounty platforms behind one interface: what one must be able to do, whatever its name. Another one is a folder and a line in `KINDS`."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from watchbill.platforms.messages import Said, Shown
from watchbill.platforms.selectors import Settings

if TYPE_CHECKING:
    from watchbill.connectors.outgoing import Outgoing
    from watchbill.connectors.wire import Wire

Report = tuple[Shown, Sequence[Said]]
LARGEST_FILE = 32 * 1024 * 1024  # bytes, as of a mail


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a programme's reports. `odd`: those that nobody understood, and why. `full`: there may be more."""

    items: tuple[Shown, ...] = ()
    odd: Mapping[str, str] = field(default_factory=dict)
    full: bool = False

    @property
    def newest(self) -> dt.datetime | None:
        return max((item.active_at for item in self.items), default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """As whom a platform knows us, and by which ids it knows groups, users and fields: {groups: {name: id}, ...}."""

    account: str
    known: Mapping[str, Mapping[str, str]]


class Client(Protocol):
    """One programme of a platform. Every method raises one of `failures`, RateLimited, Gone, Denied or TooBig.

    What writes answers how the platform calls what was made, or nothing, and raises UnknownEnd when it may have been done.
    """

    def check(self) -> Standing: ...

    def page(self, *, since: dt.datetime | None, number: int, size: int, open_only: bool = False) -> Page:
        """Reports of which something happened since then, the longest ago first."""

    def report(self, external_id: str) -> Report: ...

    def file(self, external_id: str, file_id: str) -> bytes:
        """What is attached there, of at most LARGEST_FILE bytes."""

    def feed(self, mark: str) -> tuple[set[tuple[str, str]], str]:
        """(report, activity) of which the feed of activities tells since that mark, a time, and the next mark."""

    def comment(self, report: str, text: str, *, internal: bool) -> str: ...

    def set_state(self, report: str, state: str, text: str, original: str) -> str: ...

    def set_severity(self, report: str, severity: str, vector: str) -> str: ...

    def set_field(self, report: str, field_id: str, value: str) -> str: ...

    def assign(self, report: str, kind: str, id_: str) -> str: ...

    def refer(self, report: str, reference: str) -> str: ...

    def award(self, report: str, amount: str, bonus: str, text: str) -> str: ...

    def set_ineligible(self, report: str) -> str: ...

    def ask_disclosure(self, report: str, kind: str, text: str) -> str: ...

    def cancel_disclosure(self, report: str, text: str) -> str: ...


KINDS = {"hackerone": "watchbill.connectors.hackerone.client", "github": "watchbill.connectors.github.advisories"}


def build_client(platform: Settings, outgoing: Outgoing) -> tuple[Client, Wire]:
    """A client of this platform, for the thread that calls."""
    module: Any = importlib.import_module(KINDS[platform.kind])
    wire: Wire = module.wire(platform, outgoing)
    made: Client = module.Client(platform, wire)
    return made, wire
