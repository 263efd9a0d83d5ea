"""The one-time link that makes the first administrator. Pure standard library: the parent of all processes makes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

LIFETIME = 24 * 3600  # seconds


def make_token(secret_key: str, *, issued: int | None = None) -> str:
    """A link's token: when it was made, and the proof that this installation made it."""
    stamp = str(int(time.time()) if issued is None else issued)  # noqa: TID251  no database is asked: the console's own clock is meant
    return f"{stamp}-{_proof(secret_key, stamp)}"


def is_valid(secret_key: str, token: str, *, now: float) -> bool:
    """Is this a token of ours, not older than a day? Whether it was used is for the caller: it works while nobody can sign in."""
    stamp, _, proof = token.partition("-")
    if not stamp.isdigit() or not hmac.compare_digest(proof.encode(), _proof(secret_key, stamp).encode()):
        return False
    return -60 <= now - int(stamp) <= LIFETIME


def _proof(secret_key: str, stamp: str) -> str:
    digest = hmac.new(secret_key.encode(), f"watchbill set-up {stamp}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()
