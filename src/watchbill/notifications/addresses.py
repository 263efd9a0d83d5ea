"""How is the address of a contact stored, and how much of it may be shown? An Apprise address holds passwords, so it is encrypted at rest.

A device's address is a name of ours: what reaches it stands, encrypted, with the device.
"""

from __future__ import annotations

from watchbill.kernel.secrets import decrypt, encrypt

SECRET = frozenset({"apprise"})  # kinds whose address is a secret
MARK = "://"  # every address of these kinds has it, and what is encrypted never does


def stored(kind: str, address: str) -> str:
    """The address as the database keeps it."""
    return encrypt(address) if kind in SECRET and MARK in address else address


def clear(kind: str, kept: str) -> str:
    """The address again. Raises Refused when it was stored under another WATCHBILL_SECRET_KEY."""
    return decrypt(kept) if kind in SECRET and kept and MARK not in kept else kept


def shown(kind: str, kept: str, variable: str = "") -> str:
    """What of it may stand on a page or in a text. `variable`: the environment variable that holds it instead."""
    if kind not in SECRET:
        return kept
    if not kept:
        return f"in the variable {variable}"
    return clear(kind, kept).partition(MARK)[0] + f"{MARK}..."
