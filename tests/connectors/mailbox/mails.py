"""Mails as monitors, people and robots write them."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import count

_numbers = count(1)


def mail(
    subject: str = "Disk full on db1",
    text: str = "Said by the nightly check.\n",
    *,
    to: str = "alerts@example.org",
    attach: bytes = b"",
    **headers: str,
) -> bytes:
    """A mail with these headers; `_` in a name stands for `-`, an empty value leaves one out. `attach`: the content of one file."""
    made = EmailMessage()
    values = {"From": "Monitor <monitor@example.org>", "To": to, "Subject": subject, "Date": "Mon, 02 Mar 2026 09:00:00 +0000"}
    values |= {"Message-ID": f"<{next(_numbers)}@monitor.example.org>"}
    for name, value in headers.items():
        known = next((one for one in values if one.lower() == name.replace("_", "-").lower()), name.replace("_", "-"))
        values[known] = value
    for name, value in values.items():
        if value:
            made[name] = value
    made.set_content(text)
    if attach:
        made.add_attachment(attach, maintype="application", subtype="octet-stream", filename="proof.bin")
    return made.as_bytes()
