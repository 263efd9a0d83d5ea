"""A page that opens without us: one file, encrypted with a passphrase, read by any browser with nothing but itself.

AES-256-GCM with a key by PBKDF2-SHA256 from the passphrase; the browser's own cryptography opens it. The passphrase is kept nowhere.
"""

from __future__ import annotations

import base64
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

ROUNDS = 600_000
SHORTEST = 12  # characters of a passphrase


def seal(text: str, passphrase: str) -> str:
    """What stands in the file: JSON of salt, nonce, rounds and the encrypted text, all in base64."""
    salt, nonce = os.urandom(16), os.urandom(12)
    key = PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(passphrase.encode())
    box = AESGCM(key).encrypt(nonce, text.encode(), None)
    return json.dumps(
        {"rounds": ROUNDS, **{name: base64.b64encode(raw).decode() for name, raw in (("salt", salt), ("nonce", nonce), ("box", box))}}
    )
