"""What a line that cannot be meant is answered with. Needs no Django, so `serve` has it too."""

from __future__ import annotations

import re
import sys

from typer.exceptions import TyperException

WORDS = (  # the libraries that read a line speak of values and inputs; whoever types speaks of what they typed
    (re.compile(r"Value error, "), ""),
    (re.compile(r"Input should be a valid integer[^.]*$"), "expected a whole number, such as 20"),
    (re.compile(r"Input should be a valid number[^.]*$"), "expected a number, such as 1.5"),
)


def wrong_usage(error: TyperException) -> int:
    """Say what is wrong with the line that was typed, and where to read on."""
    message = error.format_message()
    for theirs, ours in WORDS:
        message = theirs.sub(ours, message)
    sys.stderr.write(f"{message}\n")
    if context := getattr(error, "ctx", None):
        sys.stderr.write(f"Try: {context.command_path} --help\n")
    return error.exit_code
