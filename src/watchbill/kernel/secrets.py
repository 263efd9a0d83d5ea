"""How are secrets kept in the database? Encrypted, with a key derived from the installation's secret key.

Whoever reads a backup without that key learns nothing. Changing WATCHBILL_SECRET_KEY makes what is stored unreadable, and says so.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from watchbill.kernel.errors import Refused


def encrypt(secret: str) -> str:
    """The text to store. Empty stays empty: there is nothing to hide."""
    return _box(settings.SECRET_KEY).encrypt(secret.encode()).decode() if secret else ""


def decrypt(stored: str) -> str:
    """The secret again. Raises Refused when it was stored under another key."""
    if not stored:
        return ""
    try:
        return _box(settings.SECRET_KEY).decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise Refused(
            "A stored secret cannot be read: it was encrypted under another WATCHBILL_SECRET_KEY. Put the old key back, or set the secret again."
        ) from error


@lru_cache(maxsize=4)
def _box(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"watchbill secrets at rest").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
