"""A desk that takes mails, and a real mail server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.connectors.mailbox.dovecot import Dovecot, dovecot
from tests.factories import T0, actor
from tests.intake.conftest import _webhooks_work, transactional_db  # noqa: F401  fixtures
from tests.intake.desk import Desk
from watchbill.connectors.mailbox.reader import Reader
from watchbill.intake.actions import create_key
from watchbill.intake.models import IntegrationKey, Mailbox


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Desk:
    """Committed where other connections must see it."""
    request.getfixturevalue("transactional_db" if request.node.get_closest_marker("database") else "db")
    return Desk()


@pytest.fixture
def mailkey(desk: Desk) -> tuple[IntegrationKey, str]:
    return create_key(desk.service, "email", by=actor(desk.grace), now=T0)


@pytest.fixture
def mailbox(desk: Desk) -> Mailbox:
    return Mailbox.objects.create(
        name="alerts", team=desk.team, imap_env="IMAP_TEST_URL", address="alerts@example.org", purposes=["alerts", "replies"]
    )


@pytest.fixture(scope="session")
def server() -> Iterator[Dovecot]:
    with dovecot() as made:
        yield made


@pytest.fixture
def reading() -> Iterator[Callable[[Mailbox], Reader]]:
    """Start reading a mailbox; all readers are ended with the test."""
    started: list[Reader] = []

    def start(mailbox: Mailbox) -> Reader:
        reader = Reader(mailbox.pk)
        started.append(reader)
        reader.start()
        return reader

    yield start
    for reader in started:
        reader.stop()
    for reader in started:
        reader.join(10)
        assert not reader.is_alive()
