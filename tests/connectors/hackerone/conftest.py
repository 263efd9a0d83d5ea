"""A desk's platform, a fake HackerOne, and the engine's part between them, one round at a time."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import transaction

from tests.connectors.hackerone.fake import HackerOne, hackerone
from watchbill.connectors import platform as kinds
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.pace import Bucket
from watchbill.engine import platforms as engine_platforms
from watchbill.engine.platforms import PlatformThread
from watchbill.kernel.clock import database_now
from watchbill.platforms.actions.wanting import want_in
from watchbill.platforms.messages import Ended, Kept
from watchbill.platforms.models import Platform, Remote, Write
from watchbill.platforms.rules.switches import SWITCHES
from watchbill.platforms.selectors import settings_of

NETS = (ipaddress.ip_network("127.0.0.0/8"),)


class House:
    """`heard` and `told`: what whoever keeps reports would be told."""

    def __init__(self, fake: HackerOne) -> None:
        self.fake = fake
        self.heard: list[Kept] = []
        self.told: list[Ended] = []
        values = {"url": fake.url, "program": fake.program, "token_env": "H1_TOKEN", "webhook_env": "H1_SECRET", "tier_field": "tier"}
        self.row = Platform.objects.create(name="h1", kind="hackerone", writes=list(SWITCHES), triage_group="h1 triage", **values)
        self.threads: list[PlatformThread] = []
        self.thread = self.engine()

    def hear(self, kept: Sequence[Kept], *, now: dt.datetime) -> None:
        self.heard += kept

    def tell(self, ended: Sequence[Ended], *, now: dt.datetime) -> None:
        self.told += ended

    def engine(self, instance: int = 1) -> PlatformThread:
        made = PlatformThread(settings_of(Platform.objects.get(pk=self.row.pk)), instance, build=self._build)
        self.threads.append(made)
        return made

    def _build(self, settings: Any) -> Any:
        client, wire = kinds.build_client(settings, Outgoing(NETS))
        made: Any = wire
        made._reads = made._reports = made._writes = Bucket(10**6, 1.0)  # nobody waits here
        return client, wire

    def settings(self, **values: Any) -> None:
        if values:
            Platform.objects.filter(pk=self.row.pk).update(**values)
        self.thread.close()
        self.thread = self.engine()

    def due(self) -> None:
        now = database_now()
        Platform.objects.update(due_at=now, wait_until=None)
        Write.objects.filter(due_at__isnull=False).update(due_at=now)
        Remote.objects.update(listen_at=None)

    def round(self, times: int = 1) -> None:
        """Everything is due."""
        for _ in range(times):
            self.due()
            self.thread.work()

    def want(self, report: str, kind: str, /, **body: Any) -> Write:
        with transaction.atomic():
            return want_in(self.mirrored(report), kind, body, person_id=7, now=database_now())

    def award(self, report: str, amount: str = "500", **more: Any) -> Write:
        known = [each["id"] for each in self.mirrored(report).bounties]
        return self.want(report, "bounty", **{"amount": amount, "currency": "USD", "text": "thanks", "known": known, **more})

    def mirrored(self, report: str) -> Remote:
        return Remote.objects.get(external_id=report)

    def ends(self) -> list[tuple[str, str]]:
        return [(one.kind, one.end) for one in self.told]


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("H1_TOKEN", "watchbill:right")
    monkeypatch.setenv("H1_SECRET", "s3cret")


@pytest.fixture
def house(db: Any, secrets: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with hackerone() as fake:
        made = House(fake)
        monkeypatch.setattr(engine_platforms, "hear_platform_in", made.hear)
        monkeypatch.setattr(engine_platforms, "tell_of_platform_writes_in", made.tell)
        yield made
        for thread in made.threads:
            thread.close()
