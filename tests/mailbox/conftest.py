"""The desk of reports, with a shared mailbox of its team and one of another team."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.connectors.mailbox.mails import mail
from tests.reports.conftest import Desk, desk  # noqa: F401  fixtures
from watchbill.connectors.mailbox import threads
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.intake.models import Mailbox
from watchbill.kernel.clock import database_now
from watchbill.mailbox.models import Letter, Thread
from watchbill.people.models import Team

Came = Callable[..., Thread]


@pytest.fixture
def shared(desk: Desk) -> Mailbox:  # noqa: F811
    desk.now = database_now()
    return Mailbox.objects.create(
        name="security", team=desk.team, imap_env="SHARED_IMAP", address="security@example.org", purposes=["reports"]
    )


@pytest.fixture
def elsewhere(shared: Mailbox) -> Mailbox:
    team = Team.objects.get(name="Elsewhere")
    return Mailbox.objects.create(name="other", team=team, imap_env="OTHER_IMAP", address="other@example.org", purposes=["reports"])


@pytest.fixture
def came(desk: Desk, shared: Mailbox) -> Came:  # noqa: F811
    """Let a mail come in; answers the thread in which it is."""

    def do(raw: bytes = b"", *, box: Mailbox = shared, size: int = 0, **fields: str) -> Thread:
        fields = {"From": "m4rlow@example.net", "subject": "XSS in <b>the</b> wiki", "text": "Open /wiki and see.", **fields}
        raw = raw or mail(to=fields.pop("to", box.address), **fields)
        arrived = Arrived(box, read(raw), raw, size or len(raw))
        assert threads.take(arrived, desk.now)
        return Letter.objects.get(mailbox=box, digest=threads.incoming_of(arrived).digest).thread

    return do
