"""`apply`, `export`, `schema`: the configuration file, from the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from watchbill.cli.app import OPERATOR, Json, app, err, now, out, printable, say, usage
from watchbill.cli.watches import outcome_object, show_outcome
from watchbill.config import actions, reader, selectors, words
from watchbill.config.actions import Diff
from watchbill.config.rules import Change, FieldChange, NotActive, Verb, json_schema
from watchbill.kernel.discreet import discreet
from watchbill.kernel.errors import Invalid, Refused
from watchbill.schedules.actions import NewGap

File = Annotated[str, typer.Argument(metavar="FILE", help="The configuration file; - reads standard input.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Undo what people changed here since the file was last applied.")]
AcceptGaps = Annotated[bool, typer.Option("--accept-gaps", help="Also when nobody has a watch then that somebody has now.")]
Prune = Annotated[bool, typer.Option("--prune", help="Deactivate what the file does not name.")]

MARKS = {
    Verb.ADDED: ("+", "green"),
    Verb.CHANGED: ("~", "yellow"),
    Verb.REMOVED: ("-", "red"),
    Verb.KEPT: ("!", "magenta"),
    Verb.UNNAMED: ("?", "dim"),
}


@app.command()
def apply(
    file: File,
    dry_run: DryRun = False,
    yes: Yes = False,
    accept_gaps: AcceptGaps = False,
    overwrite: Overwrite = False,
    prune: Prune = False,
    as_json: Json = False,
) -> None:
    """Make the installation as FILE says. Shows what changes and what becomes of the watches, then asks."""
    name, text = _read(file)
    if as_json and not (yes or dry_run):
        raise usage("--json asks nothing: add --yes to apply, or --dry-run to look.")
    try:
        make = partial(actions.apply, text, filename=name, overwrite=overwrite, prune=prune, by=OPERATOR)
        diff = make(dry_run=not yes or dry_run, look=True, allow_gap=accept_gaps, now=now())
        if not as_json:
            show(diff)
        if not (diff.applied or dry_run) and _agreed(diff, file):
            diff = make(allow_gap=accept_gaps or bool(diff.outcome.lost), now=now())
    except NewGap as error:
        raise Refused(f"{error.message} With `--accept-gaps` it is applied all the same. Nothing was changed.", **error.details) from error
    except Invalid as error:
        sys.stderr.write("".join(f"{printable(line)}\n" for line in error.message.splitlines()))
        raise typer.Exit(1) from error
    if as_json:
        say({**discreet(diff.as_dict()), **outcome_object(diff.outcome)}, as_json=True)
    elif dry_run:
        out.print("Nothing was changed: --dry-run.")
    elif diff.applied:
        out.print("Nothing to change." if diff.is_empty else f"Applied: {_counts(diff)}.")


@app.command()
def export(as_json: Json = False) -> None:
    """Print the configuration file that makes this installation as it is."""
    text = selectors.export()
    if as_json:
        say(reader.plain(reader.read(text)), as_json=True)
    else:
        sys.stdout.write(text)


@app.command()
def schema(as_json: Json = False) -> None:  # noqa: ARG001  it is JSON in any case
    """Print the JSON Schema of the configuration file."""
    say(json_schema(), as_json=True)


def _read(file: str) -> tuple[str, bytes]:
    """The name for messages, and the bytes. A file that cannot be read is refused in one sentence."""
    if file == "-":
        return "standard input", sys.stdin.buffer.read()
    try:
        return file, Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not a path"
        err.print(printable(f"{file} cannot be read: {reason}."))
        raise typer.Exit(1) from error


def _agreed(diff: Diff, file: str) -> bool:
    """Ask, unless there is nothing to ask about. Standing where nobody can answer counts as no."""
    if diff.is_empty:
        return True
    if file == "-":
        raise usage("The file came from standard input, so nobody can be asked: add --yes to apply it.")
    try:
        names = " and ".join(watch.name for watch in diff.outcome.lost)
        leaving = f", and leave {names} to nobody for a while" if names else ""
        agreed = typer.confirm(f"Apply {_counts(diff)}{leaving}?")
    except typer.Abort:
        agreed = False
    if not agreed:
        err.print("Nothing was changed. `--yes` applies without a question.")
        raise typer.Exit(1)
    return True


def show(diff: Diff) -> None:
    """The changes for a human: one line for each entry, one for each field of a changed one."""
    for change in diff.changes:
        if change.verb is not Verb.UNCHANGED:
            _show_change(change)
    for part in together(diff.not_active):
        out.print(Text(f"not active: {printable(str(part))}", "dim"))
    show_outcome(diff.outcome)
    out.print(f"{_counts(diff)}, {len(diff.having(Verb.UNCHANGED))} unchanged.")


def together(parts: Iterable[NotActive]) -> list[NotActive]:
    """One line for all parts of a kind that do nothing for the same reason."""
    names: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for part in parts:
        names.setdefault((part.kind, part.why, part.missing), []).append(part.name)
    return [NotActive(kind, ", ".join(found), why, missing) for (kind, why, missing), found in names.items()]


def _show_change(change: Change) -> None:
    mark, colour = MARKS[change.verb]
    line = Text.assemble((mark, colour), f" {change.kind} {printable(change.name)}".rstrip())
    if change.verb in (Verb.KEPT, Verb.UNNAMED):
        line.append(f" {change.verb.value}", colour)
    if change.note:
        line.append(f" ({printable(change.note)})")
    out.print(line)
    for field in change.fields:
        _show_field(field)


def _show_field(field: FieldChange) -> None:
    """One line for each part that changes; a part that comes or goes says so."""
    for row in words.parts(field.field, field.here, field.file):
        part, here, file = printable(row.label), _line(row.before), _line(row.after)
        if field.kept:
            out.print(
                Text.assemble(
                    f"    {part}: {here or 'there is none'} ", ("changed here, kept", "magenta"), f"; the file says {file or 'none'}"
                )
            )
        elif here and file:
            out.print(Text.assemble(f"    {part}: ", (here, "red"), " -> ", (file, "green")))
        else:
            out.print(Text.assemble(f"    {part}: ", (f"added: {file}", "green") if file else (f"removed: {here}", "red")))


def _line(text: str) -> str:
    return printable(", ".join(text.splitlines()))


def _counts(diff: Diff) -> str:
    verbs = (Verb.ADDED, Verb.CHANGED, Verb.REMOVED, Verb.KEPT, Verb.UNNAMED)
    return ", ".join(f"{len(diff.having(verb))} {verb.value}" for verb in verbs if diff.having(verb)) or "nothing to change"
