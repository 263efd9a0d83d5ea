"""The command line's fixtures serve here too."""

from __future__ import annotations

from tests.cli.conftest import cli, nobody_is_named

__all__ = ["cli", "nobody_is_named"]
