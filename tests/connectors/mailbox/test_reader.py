"""Reading a mailbox of a real IMAP server: at once, once, and whatever breaks in between."""

from __future__ import annotations

import imaplib
import time

import pytest
from django.db import connection

from tests.connectors.mailbox.dovecot import Dovecot, dovecot
from tests.connectors.mailbox.mails import mail
from tests.live.server import wait_for
from watchbill.connectors.mailbox import reader as module
from watchbill.connectors.mailbox.servers import server_of
from watchbill.engine.mail import Mailboxes
from watchbill.intake.models import Event, Mail, Mailbox
from watchbill.kernel.errors import Invalid

READS = """FROM pg_locks JOIN pg_database d ON d.oid = pg_locks.database
WHERE locktype = 'advisory' AND classid = %s AND granted AND d.datname = current_database()"""  # others run the same test beside

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.database, pytest.mark.timed]


@pytest.fixture
def box(mailbox, server: Dovecot, monkeypatch, request) -> Mailbox:
    """A mailbox of its own for each test."""
    user = f"u{abs(hash(request.node.name)) % 10**10}"
    monkeypatch.setenv("IMAP_TEST_URL", server.url(user))
    mailbox.user = user
    return mailbox


@pytest.fixture(autouse=True)
def _often(monkeypatch, request) -> None:
    """Looked at every second, but where IDLE must tell."""
    if "at_once" not in request.node.name:
        monkeypatch.setattr(module, "LOOK", 1.0)
    monkeypatch.setattr(module, "OTHERS", 0.3)


@pytest.fixture
def to(mailkey) -> str:
    return f"alerts+{mailkey[1]}@example.org"


def events(count: int) -> None:
    wait_for(lambda: Event.objects.count() >= count, why=f"{count} events")
    assert Event.objects.count() == count


def fresh(box: Mailbox) -> Mailbox:
    return Mailbox.objects.get(pk=box.pk)


def read_once(box: Mailbox) -> None:
    """Until it has been read again from now."""
    before = fresh(box).read_at
    wait_for(lambda: fresh(box).read_at != before, seconds=30, why="it was read")


def test_what_waits_is_read_and_what_comes_is_read_at_once(box, server, reading, to):
    server.deliver(mail(to=to), box.user)
    server.deliver(mail(to=to), box.user)
    reading(box)
    events(2)
    wait_for(lambda: fresh(box).read_at, why="it waits for more")
    began = time.monotonic()
    server.deliver(mail(to=to), box.user)
    events(3)
    assert time.monotonic() - began < 5, "told by IDLE"
    wait_for(lambda: all("Seen" in row for row in server.flags(box.user)), why="marked as read")
    assert len(server.flags(box.user)) == 3
    assert fresh(box).failing_since is None


def test_what_comes_between_looking_and_waiting_is_read_at_once(box, server, reading, to, monkeypatch):
    real, came = module.Reader._wait, []

    def late(self: module.Reader, imap: object, **more: bool) -> None:
        if len(came) < 5:
            came.append(time.monotonic())
            server.deliver(mail(f"Thing {len(came)}", to=to), box.user)
        real(self, imap, **more)

    monkeypatch.setattr(module.Reader, "_wait", late)
    reading(box)
    events(5)
    assert time.monotonic() - came[0] < 10


def test_it_is_stored_before_it_is_marked_and_read_again_when_we_die_between(box, server, reading, to, monkeypatch):
    readers: list[module.Reader] = []

    def dies(*_: object) -> None:
        readers[0].stop()
        raise imaplib.IMAP4.abort("killed")

    with monkeypatch.context() as patched:
        patched.setattr(module, "mark", dies)
        server.deliver(mail(to=to), box.user)
        readers.append(module.Reader(box.pk))
        readers[0].start()
        events(1)
        readers[0].join(20)
        assert not readers[0].is_alive()
    assert "Seen" not in server.flags(box.user)[0]
    reading(box)
    wait_for(lambda: "Seen" in server.flags(box.user)[0], why="marked as read")
    assert Event.objects.count() == Mail.objects.count() == 1


def test_a_mail_that_a_human_read_first_is_read_all_the_same(box, server, reading, to):
    server.deliver(mail(to=to), box.user)
    first = reading(box)
    events(1)
    read_once(box)
    first.stop()
    first.join(10)
    server.deliver(mail(to=to), box.user)
    human = imaplib.IMAP4("127.0.0.1", server.imap)
    human.login(box.user, "secret")
    human.select("INBOX")
    human.store("2", "+FLAGS", r"(\Seen)")
    human.logout()
    reading(box)
    events(2)


def test_what_is_for_nobody_here_stays_as_it_is(box, server, reading, to):
    server.deliver(mail(to="somebody@example.org"), box.user)
    server.deliver(mail(to=to), box.user)
    first = reading(box)
    events(1)
    read_once(box)
    assert [("Seen" in row) for row in server.flags(box.user)] == [False, True]
    first.stop()
    first.join(10)
    reading(box)
    read_once(box)
    assert list(Mail.objects.order_by("id").values_list("verdict", flat=True)) == ["unknown", "alert"]


def test_the_same_mail_in_two_mailboxes_is_one_event(box, server, reading, to, desk, monkeypatch):
    monkeypatch.setenv("SECOND_TEST_URL", server.url(f"{box.user}b"))
    second = Mailbox.objects.create(name="second", team=desk.team, imap_env="SECOND_TEST_URL", address="b@example.org", purposes=["alerts"])
    raw = mail(to=to)
    server.deliver(raw, box.user)
    reading(box)
    events(1)
    server.deliver(raw, f"{box.user}b")
    reading(second)
    wait_for(lambda: server.flags(f"{box.user}b") and "Seen" in server.flags(f"{box.user}b")[0], why="known, and marked")
    assert Event.objects.count() == 1


def test_another_uidvalidity_is_looked_through_and_nothing_is_taken_twice(box, server, reading, to):
    for n in range(3):
        server.deliver(mail(f"Thing {n}", to=to), box.user)
    first = reading(box)
    events(3)
    read_once(box)
    first.stop()
    first.join(10)
    before = fresh(box).uid_validity
    server.deliver(mail("Thing 4", to=to), box.user)
    server.new_validity(box.user)
    reading(box)
    events(4)
    wait_for(lambda: fresh(box).uid_validity != before, why="the new UIDVALIDITY")
    assert Event.objects.count() == 4


def test_a_mail_is_moved_where_that_is_wanted(box, server, reading, to):
    box.move_to = "Done by Watchbill"
    box.save()
    server.deliver(mail(to=to), box.user)
    reading(box)
    wait_for(lambda: len(server.flags(box.user, '"Done by Watchbill"')) == 1, why="moved")
    assert server.flags(box.user) == []
    assert Event.objects.count() == 1


def test_a_long_mail_is_fetched_to_the_limit(box, server, reading, to):
    server.deliver(mail(text=("x" * 70 + "\n") * 60_000, to=to), box.user)
    reading(box)
    events(1)
    assert len(bytes(Event.objects.get().body)) == module.LARGEST
    assert Mail.objects.get().reason.startswith("Cut: the whole has 4")


def test_what_one_mail_breaks_does_not_hold_the_others(box, server, reading, to, monkeypatch):
    real = module.keeping.take

    def breaks(arrived, now):
        if arrived.letter.subject == "poison":
            raise ValueError("secret words of the mail")
        return real(arrived, now)

    monkeypatch.setattr(module.keeping, "take", breaks)
    server.deliver(mail("poison", to=to), box.user)
    server.deliver(mail("wholesome", to=to), box.user)
    first = reading(box)
    events(1)
    assert Mail.objects.get(verdict="failed").reason == "It could not be taken in (ValueError)."
    assert sum("Seen" in row for row in server.flags(box.user)) <= 1
    first.stop()
    first.join(10)
    monkeypatch.setattr(module.keeping, "take", real)
    reading(box)
    events(2)
    wait_for(lambda: not Mail.objects.filter(verdict="failed").exists(), why="mended")


def test_a_server_that_marks_nothing_holds_back_no_mail(box, server, reading, to, monkeypatch):
    def refuses(*_: object) -> None:
        raise imaplib.IMAP4.error("over quota")

    monkeypatch.setattr(module, "mark", refuses)
    for n in range(3):
        server.deliver(mail(f"Thing {n}", to=to), box.user)
    reading(box)
    events(3)
    wait_for(lambda: "over quota" in fresh(box).last_error, why="said")
    server.deliver(mail("Thing 4", to=to), box.user)
    events(4)


def test_one_node_reads_and_the_other_takes_over(box, server, reading, to):
    first = reading(box)
    read_once(box)
    second = reading(box)
    server.deliver(mail(to=to), box.user)
    events(1)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {READS}", [module.LOCK])
        assert cursor.fetchone()[0] == 1
    first.stop()
    first.join(10)
    assert second.is_alive()
    server.deliver(mail(to=to), box.user)
    events(2)


def test_a_dead_server_is_said_counted_and_come_back_to(box, reading, to, monkeypatch):
    with dovecot() as server:
        monkeypatch.setenv("IMAP_TEST_URL", server.url("team"))
        reading(box)
        read_once(box)
        server.stop()
        wait_for(lambda: fresh(box).failing_since, seconds=40, why="said that it fails")
        assert fresh(box).failures >= 1
        assert fresh(box).last_error
        server.start()
        server.deliver(mail(to=to), "team")
        wait_for(lambda: Event.objects.count() == 1, seconds=40, why="it came back")
        wait_for(lambda: fresh(box).failing_since is None, why="it works again")


def test_a_connection_to_the_database_that_is_cut_loses_nothing(box, server, reading, to):
    reader = reading(box)
    read_once(box)
    for n in range(3):
        server.deliver(mail(f"Thing {n}", to=to), box.user)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid) {READS}", [module.LOCK])
    wait_for(lambda: Event.objects.count() == 3, seconds=40, why="every mail")
    assert reader.is_alive()
    read_once(box)
    assert Event.objects.count() == 3


def test_a_wrong_password_is_said_without_it(box, server, reading, monkeypatch):
    monkeypatch.setenv("IMAP_TEST_URL", server.url("team").replace("secret", "quite-wrong"))
    reading(box)
    wait_for(lambda: fresh(box).last_error, seconds=30, why="said")
    assert "AUTHENTICATIONFAILED" in fresh(box).last_error
    assert "quite-wrong" not in fresh(box).last_error


def test_encrypted_from_the_start_and_by_starttls(box, reading, to, monkeypatch, certificate):
    with dovecot(certificate) as server:
        monkeypatch.setenv("IMAP_TEST_URL", f"imaps://team:secret@localhost:{server.imaps}")
        first = reading(box)
        wait_for(lambda: "certificate" in fresh(box).last_error.lower(), why="nobody vouches for it")
        first.stop()
        first.join(10)
        monkeypatch.setenv("IMAP_TEST_URL", f"imaps://team:secret@localhost:{server.imaps}?ca={certificate}")
        server.deliver(mail(to=to), "team")
        second = reading(box)
        events(1)
        second.stop()
        second.join(10)
        monkeypatch.setenv("IMAP_TEST_URL", f"imap://team:secret@localhost:{server.imap}?ca={certificate}&starttls=required")
        server.deliver(mail(to=to), "team")
        reading(box)
        events(2)


def test_without_a_mailbox_nothing_is_started_and_without_its_variable_neither(box, server, monkeypatch):
    engine = Mailboxes()
    monkeypatch.delenv("IMAP_TEST_URL")
    engine.look()
    assert not engine._readers
    monkeypatch.setenv("IMAP_TEST_URL", server.url(box.user))
    engine.look()
    ((_, reader),) = engine._readers.values()
    engine.look()
    assert next(iter(engine._readers.values()))[1] is reader, "what works is left alone"
    box.folder = "Other"
    box.save()
    engine.look()
    assert next(iter(engine._readers.values()))[1] is not reader
    box.is_active = False
    box.save()
    engine.look()
    assert not engine._readers
    engine.stop()
    wait_for(lambda: not reader.is_alive(), why="ended")


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "starttls"),
    [
        ("imaps://u:p@mx.example.org", "mx.example.org", 993, True, False),
        ("imap://u:p@mx.example.org", "mx.example.org", 143, False, True),
        ("imap://u:p@mx.example.org?starttls=off", "mx.example.org", 143, False, False),
        ("imap://u%40example.org:p%2Fw@127.0.0.1:1143", "127.0.0.1", 1143, False, False),
    ],
)
def test_where_it_is_read(url, host, port, tls, starttls):
    found = server_of(url, "X")
    assert (found.host, found.port, found.tls, found.starttls) == (host, port, tls, starttls)
    assert "password" not in repr(found)


@pytest.mark.parametrize("url", ["", "mx.example.org", "http://u:p@mx", "imaps://mx.example.org", "imaps://u:verysecret@mx:x"])
def test_what_is_no_address_of_a_mailbox_is_refused_without_saying_it(url):
    with pytest.raises(Invalid) as refused:
        server_of(url, "MY_URL")
    assert "MY_URL" in str(refused.value)
    assert "verysecret" not in str(refused.value)


@pytest.mark.req("K30", "R10")
def test_reports_are_kept_whole_once_over_another_uidvalidity_and_over_a_reader_that_died(server, reading, box):
    from watchbill.mailbox.models import Letter, Thread

    Mailbox.objects.filter(pk=box.pk).update(purposes=["reports"])
    proof = "x" * 70 + "\n"
    long = mail("Proof", proof * 60_000, to=box.address, From="m4rlow@example.net", Message_ID="<proof@example.net>")
    server.deliver(long, box.user)
    reader = reading(box)
    wait_for(lambda: Letter.objects.count() == 1, why="kept")
    letter = Letter.objects.get()
    assert letter.size == len(bytes(letter.raw)) > 4_000_000, "beyond what a mail of a monitor keeps"
    assert not letter.remark
    reader.stop()
    reader.join(10)
    server.new_validity(box.user)
    server.deliver(mail("Re", "More.", to=box.address, From="m4rlow@example.net", References="<proof@example.net>"), box.user)
    reading(box)
    wait_for(lambda: Letter.objects.count() == 2, why="the answer is kept")
    assert Thread.objects.count() == 1
    wait_for(lambda: all("Seen" in flags for flags in server.flags(box.user)), why="marked")
    assert Letter.objects.count() == 2
