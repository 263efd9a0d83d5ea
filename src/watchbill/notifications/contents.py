"""What a notification is made of may be kept sealed in the outbox: a code is nobody's to read but of whom it reaches."""

from __future__ import annotations

from typing import Any

import msgspec

from watchbill.kernel.secrets import decrypt, encrypt

SEALED = "sealed"


def sealed(told: dict[str, Any], **plain: Any) -> dict[str, Any]:
    """The content to store: `plain` stands as it is, `told` encrypted."""
    return {**plain, SEALED: encrypt(msgspec.json.encode(told).decode())}


def opened(content: Any) -> dict[str, Any]:
    """The content in clear, as the texts read it. Raises Refused when it was sealed under another key."""
    decoded: dict[str, Any] = msgspec.json.decode(content) if isinstance(content, (str, bytes)) else dict(content)
    kept = decoded.pop(SEALED, "")
    return {**decoded, **msgspec.json.decode(decrypt(kept))} if kept else decoded
