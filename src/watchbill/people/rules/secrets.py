"""What is kept of a secret that the desk gave out? Pure."""

from __future__ import annotations

import hashlib


def digest_of(secret: str) -> bytes:
    """Its hash: a random one of 192 bits or more needs no slow one."""
    return hashlib.sha256(secret.encode()).digest()
