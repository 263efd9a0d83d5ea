"""What an outsider sent leaves as bytes: no browser shows it, guesses what it is, keeps it, or runs anything in it."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.utils.http import content_disposition_header

LONGEST = 120  # characters of a name
_parts = re.compile(r"[/\\:*?\"<>|\x00-\x1f\x7f]")


def as_bytes(name: str, content: bytes) -> HttpResponse:
    """A download under that name, which names no folder and is never hidden."""
    plain = _parts.sub("_", name).strip().lstrip(".")[-LONGEST:] or "attachment"
    headers = {
        "Content-Disposition": content_disposition_header(True, plain) or "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)
