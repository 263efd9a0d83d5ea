"""What does its reporter hold, and what is kept of it? Pure."""

from __future__ import annotations

import hashlib
import re

RECEIPT = re.compile(r"[0-9a-f]{32}")


def digest_of(receipt: str) -> bytes:
    """What is kept of a receipt."""
    return hashlib.sha256(f"report receipt {receipt}".encode()).digest()


def read(typed: str) -> str:
    """The receipt as it was given, however it was typed; empty: it is none."""
    receipt = re.sub(r"[\s-]", "", typed).lower()
    return receipt if RECEIPT.fullmatch(receipt) else ""


def shown(receipt: str) -> str:
    """In groups, so that it can be written down."""
    return "-".join(receipt[n : n + 4] for n in range(0, len(receipt), 4))
