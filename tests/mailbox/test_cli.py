"""Shared mailboxes in a terminal, and what the tracking issue of such a report says."""

from __future__ import annotations

import pytest

from tests.cli.conftest import cli, nobody_is_named  # noqa: F401  fixtures
from tests.mailbox.conftest import Came
from tests.mailbox.test_pages import browser
from tests.reports.conftest import Desk
from watchbill.intake.models import Mailbox
from watchbill.mailbox.models import Letter
from watchbill.reports.actions import tracking
from watchbill.reports.models import Report


def test_a_thread_is_listed_read_taken_closed_and_made_a_report(cli, desk: Desk, came: Came):  # noqa: F811
    thread = came()
    (row,) = cli("mail", "list", "--as", "alice", "--json").json()
    assert (row["id"], row["accountable"]["handle"], row["state"]) == (thread.number, "alice", "open")
    assert "Open /wiki and see." in cli("mail", "show", thread.number, "--as", "bob").out
    assert cli("mail", "take", thread.number, "--as", "bob").out == "It is yours.\n"
    assert cli("mail", "spam", thread.number, "--as", "bob").code == 0
    assert cli("mail", "list", "--as", "alice", "--json").json() == []
    assert cli("mail", "spam", thread.number, "--undo", "--as", "alice").code == 0
    assert "HOW is 'x'" in cli("mail", "close", thread.number, "x", "--as", "alice").err
    made = cli("mail", "report", thread.number, "--as", "alice", "--json").json()
    assert Report.objects.get().number == made["id"]
    assert cli("mail", "close", thread.number, "completed", "--as", "alice").code == 0


@pytest.mark.req("R8")
def test_an_outsider_hears_the_same_of_a_thread_as_of_none(cli, desk: Desk, came: Came):  # noqa: F811
    thread = came()
    there, absent = cli("mail", "show", thread.number, "--as", "charlie"), cli("mail", "show", 1_000_001, "--as", "charlie")
    assert there.code == absent.code != 0
    assert there.err.replace(str(thread.number), "N") == absent.err.replace("1000001", "N")
    assert cli("mail", "list", "--as", "charlie", "--json").json() == []


@pytest.mark.req("K34")
def test_the_tracking_issue_links_the_thread_and_the_thread_is_tracked(desk: Desk, came: Came):
    thread = came(Archived_At="<https://lists.example.org/1>")
    alice = browser(desk, "alice")
    alice.post(f"/mail/{thread.number}/report")
    report = Report.objects.get()
    assert tracking.with_origin(report) == "Open /wiki and see.\n\nOriginal report: https://lists.example.org/1"
    assert 'class="tag">Tracked' not in alice.get("/mail").content.decode()
    Report.objects.update(tracking_url="https://git.example.org/7")
    assert 'class="tag">Tracked' in alice.get("/mail").content.decode()
    assert 'class="tag">Tracked' in alice.get(f"/mail/{thread.number}").content.decode()


@pytest.mark.req("K30", "K32", "K34")
def test_a_thread_is_given_answered_linked_and_repeats_another_in_a_terminal(cli, desk: Desk, came: Came):  # noqa: F811
    first, second = came(), came()
    assert cli("mail", "assign", first.number, "--to", "bob", "--as", "alice").out == "Bob is accountable.\n"
    assert "no responder of the team" in cli("mail", "assign", first.number, "--to", "charlie", "--as", "alice").err
    assert "does not say `writes: [answer]`" in cli("mail", "answer", first.number, "--text", "Thanks.", "--as", "alice").err
    Mailbox.objects.update(writes=["answer"])
    assert "for m4rlow@example.net" in cli("mail", "answer", first.number, "--text", "Thanks.", "--as", "alice").out
    letter = Letter.objects.get(thread=first, outgoing="waiting")
    assert (letter.text, letter.author) == ("Thanks.", desk.alice)
    assert cli("mail", "link", first.number, "https://lists.example.org/7", "--as", "bob").code == 0
    assert cli("mail", "link", first.number, "https://git.example.org/7", "--issue", "--as", "bob").code == 0
    shown = cli("mail", "show", first.number, "--as", "bob", "--json").json()
    assert (shown["link"], shown["issue"]) == ("https://lists.example.org/7", "https://git.example.org/7")
    assert cli("mail", "duplicate", second.number, "--of", first.number, "--as", "bob").out == "It is marked as a duplicate.\n"
    assert cli("mail", "reopen", second.number, "--as", "bob").out == "It is open again.\n"


@pytest.mark.req("R8")
@pytest.mark.parametrize(
    "command",
    [
        ("assign", "--to", "charlie"),
        ("answer", "--text", "x"),
        ("duplicate", "--of", "1000001"),
        ("link", "https://x.example.org"),
        ("fetch", "1"),
        ("reopen",),
    ],
    ids=" ".join,
)
def test_nothing_new_of_a_thread_is_told_to_an_outsider(cli, desk: Desk, came: Came, command: tuple[str, ...]):  # noqa: F811
    thread = came()
    there, absent = (cli("mail", command[0], number, *command[1:], "--as", "charlie") for number in (thread.number, 1_000_002))
    assert there.code == absent.code != 0
    assert there.err.replace(str(thread.number), "N") == absent.err.replace("1000002", "N")
