"""The `watchbill` command: finds the database, sets Django up, runs one command.

`--data DIR` may stand anywhere on the line, as on every command; it is read here, before the settings are.
"""

from __future__ import annotations

import os
import sys


def run() -> None:
    """The console script."""
    try:
        arguments = _take_data(sys.argv[1:])
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.main.settings")
    if arguments[:1] == ["serve"]:
        from watchbill.main import serve_command  # noqa: PLC0415  without Django

        sys.exit(serve_command.run(arguments[1:]))
    from watchbill.main import commands  # noqa: PLC0415  only now are the settings known

    sys.exit(commands.main(arguments))


def _take_data(arguments: list[str]) -> list[str]:
    """Move `--data DIR` into the environment, where the settings look for it. ValueError when it names no folder."""
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*rest, word, *words]
        if word == "--data":
            os.environ["WATCHBILL_DATA"] = _folder(next(words, ""))
        elif word.startswith("--data="):
            os.environ["WATCHBILL_DATA"] = _folder(word.removeprefix("--data="))
        else:
            rest.append(word)
    return rest


def _folder(word: str) -> str:
    """An empty one would silently be the default folder: another installation than was meant."""
    if not word or word.startswith("--"):
        raise ValueError("--data names no folder; expected one, as in --data /var/lib/watchbill.")
    return word
