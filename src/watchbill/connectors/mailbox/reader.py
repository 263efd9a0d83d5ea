"""Reads one mailbox by IMAP for as long as it is wanted: waits by IDLE, looks by itself besides, begins again after whatever breaks.

1. One node reads a mailbox: it holds an advisory lock in the very session by which it stores, so a session that is gone stores nothing.
2. What is new: beyond the last UID that is known, whoever read it first; and now and then whatever is unread. Another UIDVALIDITY: what
   came in the last two weeks is looked at again. A mail that is known does nothing twice.
3. Stored first, marked as read afterwards: whatever dies in between, the mail is there, and its second reading finds it known. What is
   for nobody here stays unread: a human may have use for it.
"""

from __future__ import annotations

import datetime as dt
import imaplib
import logging
import os
import re
import select
import socket
import ssl
import threading
import time
from typing import Any

import imap_tools
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from watchbill.connectors.mailbox import keeping
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.outgoing import send_due
from watchbill.connectors.mailbox.purposes import MAILBOXES, Arrived
from watchbill.connectors.mailbox.servers import Server, server_of
from watchbill.intake.models import Mail, Mailbox
from watchbill.intake.rules import short
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import WatchbillError
from watchbill.mailbox.actions.answering import is_due

log = logging.getLogger(__name__)

LOCK = 0x57420003  # the first half of a mailbox's advisory lock; the second is its id
LARGEST = 1024 * 1024  # bytes of a mail that are fetched and kept: a long one is cut, never left out
LARGEST_REPORT = 32 * 1024 * 1024  # the same where reports come in: what proves one is attached to it
STEP = 30.0  # seconds for one answer of the server
LOOK = 20.0  # seconds after which the folder is looked at, whatever IDLE says
UNREAD = 600.0  # seconds after which unread mails are looked at again
OTHERS = 5.0  # seconds until it is tried again whether another node still reads it
LONGEST_PAUSE = 60.0
BACK = dt.timedelta(days=14)
UNKNOWN = "No key, no person and no service has the address to which it was sent."
_size = re.compile(rb"RFC822\.SIZE (\d+)")

Broken = (OSError, imaplib.IMAP4.error, imap_tools.ImapToolsError)  # what the server or the way to it does


class Reader(threading.Thread):
    """One mailbox. `stop` ends it within a second or the answer of the server."""

    def __init__(self, mailbox_id: int) -> None:
        super().__init__(name=f"mailbox {mailbox_id}", daemon=True)
        self.mailbox_id = mailbox_id
        self._stop_asked = threading.Event()
        self._unmarked = ""  # why a mail of this session could not be marked
        self._passed: tuple[int, set[str]] = (0, set())  # UIDVALIDITY, and UIDs that are nothing for us

    def stop(self) -> None:
        self._stop_asked.set()

    def run(self) -> None:
        pause = 1.0
        while not self._stop_asked.is_set():
            began = time.monotonic()
            try:
                self._session()
            except (InterfaceError, OperationalError) as error:
                log.warning("mailbox %s waits for the database: %s", self.mailbox_id, type(error).__name__)
            except Exception as error:  # noqa: BLE001  nothing may end the reading of a mailbox for good
                self._note(error)
            finally:
                connection.close()
            pause = 1.0 if time.monotonic() - began > 2 * LOOK else pause
            self._stop_asked.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _session(self) -> None:
        """From the lock to the first thing that breaks."""
        while not self._locked():
            if self._stop_asked.wait(OTHERS):
                return
        mailbox = self._mailbox()
        server = server_of(os.environ.get(mailbox.imap_env, ""), mailbox.imap_env)
        box = connected(server)
        try:
            self._read(box, mailbox)
        finally:
            close(box)

    def _read(self, box: imap_tools.BaseMailBox, mailbox: Mailbox) -> None:
        status = box.folder.status(mailbox.folder, ["UIDVALIDITY", "UIDNEXT"])
        box.folder.set(mailbox.folder)
        if mailbox.move_to and not box.folder.exists(mailbox.move_to):
            box.folder.create(mailbox.move_to)
        self._unmarked = ""
        if self._passed[0] != status["UIDVALIDITY"]:
            self._passed = (status["UIDVALIDITY"], set())
        again = mailbox.uid_validity != status["UIDVALIDITY"]
        last = status["UIDNEXT"] - 1 if again else mailbox.last_uid
        uids, looked = self._first(box, mailbox) if again else self._new(box, last, unread=True), time.monotonic()
        while not self._stop_asked.is_set():
            for uid in uids:
                self._take(box, mailbox, uid)
                if self._stop_asked.is_set():
                    return
            last = max([last, *(int(uid) for uid in uids)])
            self._beat(status["UIDVALIDITY"], last)
            if "reports" in mailbox.purposes:
                send_due(mailbox.pk)
            self._wait(box, answers="reports" in mailbox.purposes)
            mailbox = self._mailbox()
            unread = time.monotonic() - looked > UNREAD
            looked = time.monotonic() if unread else looked
            uids = self._new(box, last, unread=unread)

    def _first(self, box: imap_tools.BaseMailBox, mailbox: Mailbox) -> list[str]:
        """Of a folder that is not known: what is unread; of one that was made anew, also what came lately."""
        found = set(search(box, "UNSEEN"))
        if mailbox.uid_validity:
            since = (database_now() - BACK).date()
            found |= set(search(box, str(imap_tools.AND(date_gte=since))))
        return sorted(found, key=int)

    def _new(self, box: imap_tools.BaseMailBox, last: int, *, unread: bool) -> list[str]:
        """Beyond the last one; and, where we might have died before we marked one, or failed with one, whatever is unread."""
        box.client.untagged_responses.pop("EXISTS", None)
        box.client.noop()
        found = {uid for uid in search(box, f"UID {last + 1}:*") if int(uid) > last}
        if unread:
            found |= set(search(box, "UNSEEN")) - self._passed[1]
        return sorted(found, key=int)

    def _take(self, box: imap_tools.BaseMailBox, mailbox: Mailbox, uid: str) -> None:
        """One mail: fetch, store, mark. What this mail alone breaks is said, and the next one is read."""
        fetched = fetch(box, uid, LARGEST_REPORT if "reports" in mailbox.purposes else LARGEST)
        if fetched is None:  # somebody deleted it
            return
        raw, size = fetched
        arrived = Arrived(mailbox, read(raw), raw, size)
        try:
            ours = self._offer(arrived)
        except (InterfaceError, OperationalError):
            raise
        except Exception as error:
            log.exception("a mail could not be taken", extra={"mailbox": mailbox.name, "uid": uid})
            self._give_up(arrived, error)
            return
        if ours:
            self._mark(box, mailbox, uid)
        else:
            self._passed[1].add(uid)

    def _mark(self, box: imap_tools.BaseMailBox, mailbox: Mailbox, uid: str) -> None:
        """That it cannot be marked is said, and holds back no other mail: it is stored."""
        try:
            mark(box, uid, mailbox.move_to)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, imap_tools.ImapToolsError) as error:
            self._unmarked = f"A mail is stored and could not be marked or moved: {said(error, '')}"[:500]
            self._passed[1].add(uid)

    def _offer(self, arrived: Arrived) -> bool:
        now = database_now()
        keeping.try_again(arrived)
        for purpose, dotted in MAILBOXES.items():
            if purpose in arrived.mailbox.purposes and import_string(dotted)(arrived, now):
                return True
        keeping.remember(arrived, Mail.Verdict.UNKNOWN, UNKNOWN, now)
        return False

    def _give_up(self, arrived: Arrived, error: Exception) -> None:
        try:
            keeping.remember(arrived, Mail.Verdict.FAILED, f"It could not be taken in ({type(error).__name__}).", database_now())
        except DatabaseError:
            log.exception("what could not be taken could not be noted either")
            Mailbox.objects.filter(pk=self.mailbox_id).update(failures=F("failures") + 1, last_error=said(error, ""))

    def _wait(self, box: imap_tools.BaseMailBox, *, answers: bool) -> None:
        """Until something may have come, or an answer is to leave; a third of a minute at most."""
        end = time.monotonic() + LOOK
        if "IDLE" not in box.client.capabilities:
            self._stop_asked.wait(LOOK / 2)
            return
        box.idle.start()  # type: ignore[no-untyped-call]
        try:
            if "EXISTS" in box.client.untagged_responses or _heard(box.client):
                return
            while time.monotonic() < end and not self._stop_asked.is_set() and not _readable(box.client.sock):
                if answers and is_due(self.mailbox_id, now=database_now()):
                    return
        finally:
            box.idle.stop()  # type: ignore[no-untyped-call]

    # The row

    def _mailbox(self) -> Mailbox:
        return Mailbox.objects.select_related("service").get(pk=self.mailbox_id)

    def _locked(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, self.mailbox_id])
            return bool(cursor.fetchone()[0])

    def _beat(self, validity: int, last: int) -> None:
        values = {
            "uid_validity": validity,
            "last_uid": last,
            "read_at": database_now(),
            "failing_since": None,
            "last_error": self._unmarked,
        }
        Mailbox.objects.filter(pk=self.mailbox_id).update(**values)

    def _note(self, error: Exception) -> None:
        """It failed: counted, and shown by `doctor`. Anything but the network and the server is ours, and is in the log as a whole."""
        if not isinstance(error, (*Broken, WatchbillError)):
            log.exception("the reading of a mailbox failed", exc_info=error)
        try:
            mailbox = self._mailbox()
            words = said(error, os.environ.get(mailbox.imap_env, ""))
            log.warning("mailbox %s cannot be read: %s", mailbox.name, words)
            since = Coalesce(F("failing_since"), Value(database_now()))
            Mailbox.objects.filter(pk=mailbox.pk).update(failures=F("failures") + 1, last_error=words, failing_since=since)
        except (DatabaseError, Mailbox.DoesNotExist) as also:
            log.warning("mailbox %s: its failure could not be noted: %s", self.mailbox_id, type(also).__name__)


# The server


def connected(server: Server) -> imap_tools.BaseMailBox:
    """Connected and signed in; no folder is chosen."""
    tls = ssl.create_default_context(cafile=server.ca_file)
    box: imap_tools.BaseMailBox
    if server.tls:
        box = imap_tools.MailBox(server.host, server.port, timeout=STEP, ssl_context=tls)
    elif server.starttls:
        box = imap_tools.MailBoxStartTls(server.host, server.port, timeout=STEP, ssl_context=tls)
    else:
        box = imap_tools.MailBoxUnencrypted(server.host, server.port, timeout=STEP)
    try:
        box.login(server.user, server.password, initial_folder=None)
    except BaseException:
        close(box)
        raise
    return box


def close(box: imap_tools.BaseMailBox) -> None:
    """Say good-bye if it can be heard."""
    try:
        box.client.sock.settimeout(2.0)
        box.client.logout()
    except Broken:
        box.client.shutdown()


def search(box: imap_tools.BaseMailBox, criteria: str) -> list[str]:
    """UIDs."""
    _, data = box.client.uid("SEARCH", criteria)
    return [uid.decode() for uid in (data[0] or b"").split()]


def fetch(box: imap_tools.BaseMailBox, uid: str, largest: int = LARGEST) -> tuple[bytes, int] | None:
    """The mail, as far as the limit, and its whole size; it stays unread. None: it is not there any more."""
    answer, data = box.client.uid("FETCH", uid, f"(RFC822.SIZE BODY.PEEK[]<0.{largest}>)")
    if answer != "OK":
        raise imaplib.IMAP4.error(f"FETCH of UID {uid} was answered {answer}")
    for part in data:
        if isinstance(part, tuple):
            rest = b" ".join(one for one in data if isinstance(one, bytes))
            size = _size.search(part[0]) or _size.search(rest)
            return part[1][:largest], max(int(size[1]) if size else 0, len(part[1]))
    return None


def mark(box: imap_tools.BaseMailBox, uid: str, move_to: str) -> None:
    """It is stored: mark it as read, and move it where that is wanted."""
    answer, _ = box.client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
    if answer != "OK":
        raise imaplib.IMAP4.error(f"marking UID {uid} as read was answered {answer}")
    if move_to:
        box.move([uid], move_to)


def said(error: BaseException, secret_url: str) -> str:
    """The error in a line, without what is secret."""
    text = f"{type(error).__name__}: {error}" if not isinstance(error, WatchbillError) else str(error)
    for secret in {server_of(secret_url, "").password} if secret_url and not isinstance(error, WatchbillError) else ():
        text = text.replace(secret, "***") if secret else text
    return short(" ".join(text.split()), 300)


def _heard(client: imaplib.IMAP4) -> bool:
    """Did more come together with the answer to IDLE? It lies in the client's buffer then, where no waiting for the socket finds it."""
    buffer: Any = getattr(client, "_file", None) or client.file
    patience = client.sock.gettimeout()
    client.sock.settimeout(0)
    try:
        return bool(buffer.peek(1))
    except OSError:  # nothing yet
        return False
    finally:
        client.sock.settimeout(patience)


def _readable(sock: socket.socket) -> bool:
    """Within a second: has the server said something?"""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    ready, _, _ = select.select([sock], [], [], 1.0)
    return bool(ready)
