"""The open threads of a shared mailbox as the queue of a duty."""

from __future__ import annotations

import pytest

from tests.factories import HOUR
from tests.mailbox.conftest import Came
from tests.reports.conftest import Desk
from watchbill.duties.actions.proving import record_pass
from watchbill.duties.models import Queue
from watchbill.duties.selectors.passing import lines_of
from watchbill.intake.models import Mailbox
from watchbill.mailbox.actions import working
from watchbill.mailbox.rules import Act


@pytest.mark.req("K3")
def test_what_is_open_in_a_mailbox_waits_in_its_queue(desk: Desk, shared: Mailbox, elsewhere: Mailbox, came: Came):
    queue = Queue.objects.create(name="mailbox", team=desk.team, other={"mailbox": shared.name})
    first, done = came(subject="First"), came(subject="Second")
    came(subject="Not ours", box=elsewhere, to=elsewhere.address)
    working.close(done.number, Act.NO_ACTION, **desk.by("alice"))

    def lines(who: str = "alice") -> list[tuple[str, str, bool]]:
        return [(line.title, line.path, line.new) for line in lines_of(desk.viewer(who), queue, now=desk.now)]

    assert lines() == [("First", f"/mail/{first.number}", True)]
    record_pass(queue, "", **desk.by("alice", after=HOUR))
    assert lines() == [("First", f"/mail/{first.number}", False)]
    assert lines("charlie") == lines("vera") == lines("root") == []
