"""Bytes that an outsider sent, written where nobody else reads them and nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

from watchbill.cli.app import out, printable, say
from watchbill.kernel.errors import Invalid


def keep(content: bytes, path: Path, *, name: str = "", as_json: bool) -> None:
    """A new file of that content. Raises Invalid where it cannot be written."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}. Name another file with --to.", field="to") from error
    data = {"path": str(path), "name": name or None, "bytes": len(content)}
    say(data, as_json=as_json, human=lambda: out.print(printable(f"{len(content):,} bytes are in {path}.")))
