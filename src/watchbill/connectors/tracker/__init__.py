"""Trackers behind one interface: what one must be able to do, whatever its name. Another one is a folder and a line in `KINDS`."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from watchbill.trackers.messages import Draft, Found
from watchbill.trackers.rules.words import Word
from watchbill.trackers.selectors import Settings

if TYPE_CHECKING:
    from watchbill.connectors.wire import Wire


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a project. `full`: there may be more. `unchanged`: it is what the etag stands for."""

    items: tuple[Found, ...] = ()
    full: bool = False
    etag: str = ""
    unchanged: bool = False
    newest: dt.datetime | None = None  # the last change of all that were listed, also those of the other kind


class Client(Protocol):
    """One tracker. Every method raises one of `failures`, RateLimited, Gone or TooBig; `public_id` stands in what is written, and finds it."""

    def check(self) -> str:
        """As whom it knows us; empty where it does not say."""

    def page(
        self, project: str, *, changes: bool, since: dt.datetime | None, number: int, size: int, etag: str = "", open_only: bool = False
    ) -> Page:
        """Issues, or change requests, that changed since then, the longest ago first."""

    def issue(self, project: str, number: int, *, changes: bool) -> Found: ...

    def words(self, project: str, number: int, *, changes: bool, back_to: dt.datetime | None) -> list[Word]:
        """What was said and done there since then; without a time: until somebody's word is among it. In no order."""

    def create(self, project: str, draft: Draft) -> Found: ...

    def find_created(self, project: str, public_id: str, since: dt.datetime) -> Found | None: ...

    def comment(self, project: str, number: int, text: str, *, changes: bool) -> None: ...

    def find_comment(self, project: str, number: int, public_id: str, since: dt.datetime, *, changes: bool) -> bool: ...

    def assign(self, project: str, number: int, users: Sequence[str], before: Sequence[str], *, changes: bool) -> None: ...

    def relabel(self, project: str, number: int, add: Sequence[str], remove: Sequence[str], *, changes: bool) -> None: ...

    def set_open(self, project: str, number: int, *, is_open: bool, changes: bool) -> None: ...


KINDS = {"gitlab": "watchbill.connectors.gitlab.client", "github": "watchbill.connectors.github.client"}


def client(tracker: Settings, wire: Wire) -> Client:
    """A client of this tracker, for the thread that calls."""
    module: Any = importlib.import_module(KINDS[tracker.kind])
    made: Client = module.Client(tracker, wire)
    return made
