"""A real IMAP server with real delivery: Debian's dovecot, in a folder of its own. Every name is a mailbox, every password is "secret"."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = "dovecot"

CONFIGURATION = """
protocols = imap lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
default_vsz_limit = 0
auth_username_format = %n
recipient_delimiter = +
mail_location = maildir:{folder}/mail/%n
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    {tls}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dovecot:
    """One server. `deliver` returns when the mail is in the mailbox."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        program = shutil.which(PROGRAM) or (f"/usr/sbin/{PROGRAM}" if Path(f"/usr/sbin/{PROGRAM}").exists() else "")
        assert program, "This test needs dovecot. On Debian, as root: apt-get install dovecot-imapd dovecot-lmtpd"
        self.program, self.folder = program, folder
        self.imap, self.imaps, self.lmtp = free_port(), free_port() if certificate else 0, free_port()
        user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        group = "nogroup" if os.getuid() == 0 else str(user.pw_gid)
        for name in ("run", "state", "mail"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for each in (folder, folder / "mail"):
            shutil.chown(each, user.pw_uid, user.pw_gid)
        cert = f"ssl_cert = <{certificate}\nssl_key = <{certificate.with_name('key.pem')}" if certificate else ""
        self.configuration = folder / "dovecot.conf"
        self.configuration.write_text(
            CONFIGURATION.format(
                folder=folder, user=user.pw_name, group=group, imap=self.imap, imaps=self.imaps, lmtp=self.lmtp, certificate=cert,
                ssl="yes" if certificate else "no", tls="ssl = yes" if certificate else "",
            )
        )  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([self.program, "-F", "-c", self.configuration])
        end = time.monotonic() + 10
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.imap), 1), socket.create_connection(("127.0.0.1", self.lmtp), 1):
                    return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    log = self.folder / "log"
                    raise AssertionError(log.read_text() if log.exists() else "dovecot did not start") from None
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def url(self, user: str) -> str:
        return f"imap://{user}:secret@127.0.0.1:{self.imap}"

    def deliver(self, raw: bytes, to: str, sender: str = "monitor@example.org") -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp) as way:
            way.sendmail(sender, [to], raw)

    def flags(self, user: str, folder: str = "INBOX") -> list[str]:
        """The flags of each mail in a folder, the oldest first."""
        box = imaplib.IMAP4("127.0.0.1", self.imap)
        box.login(user, "secret")
        answer, _ = box.select(folder, readonly=True)
        there = answer == "OK" and box.search(None, "ALL")[1][0]
        found = [row.decode() for row in box.fetch("1:*", "(FLAGS)")[1] if row] if there else []
        box.logout()
        return found

    def new_validity(self, user: str) -> None:
        """What a restored or moved mailbox does: every UID is another one, under another UIDVALIDITY. Nobody may be signed in."""
        folder = self.folder / "mail" / user
        for index in folder.glob("dovecot*index*"):
            index.unlink()
        listing = folder / "dovecot-uidlist"
        head, _, _ = listing.read_text().partition("\n")
        words = [f"V{int(word[1:]) + 1000}" if word.startswith("V") else word for word in head.split()]
        listing.write_text(" ".join(words) + "\n")


@contextmanager
def dovecot(certificate: Path | None = None) -> Iterator[Dovecot]:
    """A server in a folder of its own, which its mail user may enter: pytest's folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="watchbill-dovecot-"))
    made = Dovecot(folder, certificate)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
