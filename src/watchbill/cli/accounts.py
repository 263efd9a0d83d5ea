"""Accounts and tokens by hand: `watchbill user ...`, `watchbill token ...`."""

from __future__ import annotations

import datetime as dt
import getpass
import re
import sys
from typing import Annotated

import typer

from watchbill.cli.app import Json, app, now, operator, out, say, short, table, usage
from watchbill.cli.watches import outcome_object, show_outcome
from watchbill.config.actions import edit, propose
from watchbill.config.selectors import sections, standing
from watchbill.kernel.errors import AlreadyDone, NotFound, Refused
from watchbill.people.actions import TOKEN_LIFE, create_person, create_token, record_invitation, revoke_token, set_password
from watchbill.people.invitations import invitation
from watchbill.people.models import ApiToken, Person
from watchbill.schedules.actions import NewGap

user = typer.Typer(no_args_is_help=True, help="Accounts by hand.")
token = typer.Typer(no_args_is_help=True, help="Tokens that speak for a person.")
app.add_typer(user, name="user")
app.add_typer(token, name="token")

Email = Annotated[str, typer.Argument(help="Mail address of the account, or its handle.")]


@user.command("create")
def user_create(
    email: Annotated[str, typer.Argument(help="Mail address; people sign in with it.")],
    name: Annotated[str, typer.Option("--name", help="Name as people say it.")] = "",
    handle: Annotated[str, typer.Option("--handle", help="Short name; made from the address unless given.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="Administers the installation.")] = False,
    as_json: Json = False,
) -> None:
    """Make an account without a password."""
    person = create_person(email, name=name, handle=handle, is_admin=admin, by=operator(), now=now())
    data = {"handle": person.handle, "name": person.name, "email": person.email, "admin": person.is_admin}
    say(
        data,
        as_json=as_json,
        human=lambda: out.print(
            f"{person.name} has an account now, with the handle {person.handle}.\n"
            f"To sign in they need a password: watchbill user invite {person.email}   (or: watchbill user password {person.email})"
        ),
    )


@user.command("password")
def user_password(email: Email) -> None:
    """Set a password, asked for twice; or the first line of standard input."""
    person = _person(email)
    set_password(person, _ask_password(person), by=operator(), now=now())
    out.print(f"{person.name} signs in with the new password from now on; open sessions ended.")


@user.command("invite")
def user_invite(email: Email, as_json: Json = False) -> None:
    """Print a link with which somebody sets their password, once, within three days."""
    person = _person(email)
    if not person.is_active:
        raise Refused(f"{person.name} is deactivated; nobody could sign in with that link.")
    record_invitation(person, by=operator(), now=now())
    link = invitation(person)
    say({"handle": person.handle, "email": person.email, "url": link}, as_json=as_json, human=lambda: sys.stdout.write(link + "\n"))


@user.command("deactivate")
def user_deactivate(
    email: Email,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what becomes of their watches, and change nothing.")] = False,
    accept_gaps: Annotated[bool, typer.Option("--accept-gaps", help="Also when that leaves a watch to nobody.")] = False,
    as_json: Json = False,
) -> None:
    """Nothing is sent to somebody any more, and they are signed out. Says which watches that leaves to nobody, and then asks for a yes."""
    _set_active(_person(email), active=False, dry_run=dry_run, accept_gaps=accept_gaps, as_json=as_json)


@user.command("activate")
def user_activate(email: Email, as_json: Json = False) -> None:
    """Somebody is back: they are woken again, and sign in as before."""
    _set_active(_person(email), active=True, dry_run=False, accept_gaps=True, as_json=as_json)


@token.command("create")
def token_create(
    of: Annotated[str, typer.Option("--user", help="Mail address or handle of the person it speaks for.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it opens: incidents:read, schedules:write, ...; several by comma.")],
    expires: Annotated[str, typer.Option("--expires", metavar="90d", help="How long it lives: 12h, 90d, 52w.")] = "90d",
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once."""
    scopes = [part.strip() for word in scope for part in word.split(",") if part.strip()]
    person, at = _person(of), now()
    made, secret = create_token(person, scopes, at + _life(expires), name, by=operator(), now=at)
    data = {"token": secret, "id": made.id, "expires": made.expires_at}
    say(data, as_json=as_json, human=lambda: sys.stdout.write(secret + "\n"))


@token.command("list")
def token_list(of: Annotated[str, typer.Option("--user", help="Only this person's.")] = "", as_json: Json = False) -> None:
    """Who has tokens, what they open, when they end. Never the tokens."""
    rows = ApiToken.objects.select_related("person").order_by("id")
    if of:
        rows = rows.filter(person=_person(of))
    data = [
        {
            "id": row.id,
            "person": row.person.handle,
            "name": row.name,
            "ends_in": row.hint,
            "scopes": row.scopes,
            "expires": row.expires_at,
            "last_used": row.last_used_at,
            "revoked": row.revoked_at,
        }
        for row in rows
    ]
    columns = ("id", "person", "name", "scopes", "expires", "last used", "revoked")
    cells = [
        [d["id"], d["person"], d["name"], " ".join(d["scopes"]), short(d["expires"]), short(d["last_used"]), short(d["revoked"])]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(columns, cells))


@token.command("revoke")
def token_revoke(number: Annotated[int, typer.Argument(metavar="ID", help="Its id, from `token list`.")]) -> None:
    """End a token now."""
    revoke_token(number, by=operator(), now=now())
    out.print(f"Token {number} opens nothing any more.")


def _set_active(person: Person, *, active: bool, dry_run: bool, accept_gaps: bool, as_json: bool) -> None:
    """By the way of every change of the configuration, so that a file says of it *changed here*."""
    if person.is_active is active:
        raise AlreadyDone(f"{person.name} is {'active' if active else 'deactivated'} already.")
    key = ("people", person.handle)
    there = standing(also=[key])
    words = next(row for row in sections(there)["people"] if row["handle"] == person.handle)
    edits = {
        key: {**{name: value for name, value in words.items() if name not in ("handle", "active")}, **({} if active else {"active": False})}
    }
    proposal = propose(edits, now=now())
    if proposal.problems:
        raise Refused(" ".join(dict.fromkeys(f"{' '.join(found.key).strip()}: {found.text}" for found in proposal.problems)))
    outcome = proposal.outcome
    if not as_json:
        show_outcome(outcome)
    if not dry_run:
        try:
            edit(edits, seen=proposal.seen, by=operator(), now=now(), allow_gap=accept_gaps)
        except NewGap as error:
            raise Refused(f"{error.message} With `--accept-gaps` it is done all the same. Nothing was changed.", **error.details) from error
    data = {"handle": person.handle, "name": person.name, "email": person.email, "active": active is not dry_run, **outcome_object(outcome)}
    done = "Nothing was changed: --dry-run." if dry_run else f"{person.name} is {'active again' if active else 'deactivated'}."
    say(data, as_json=as_json, human=lambda: out.print(done))


def _person(word: str) -> Person:
    wanted = {"email__iexact": word} if "@" in word else {"handle": word}
    person = Person.objects.filter(**wanted).first()
    if person is None:
        raise NotFound(f"There is no account {word}. Make one with `watchbill user create EMAIL`.", account=word)
    return person


def _ask_password(person: Person) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"New password of {person.name}: ")
    if getpass.getpass("Once more: ") != first:
        raise Refused("The two passwords differ. Nothing was changed.")
    return first


def _life(text: str) -> dt.timedelta:
    """`12h`, `90d`, `52w`; a year at most is no limit here, a token that lives for ever is."""
    match = re.fullmatch(r"(\d{1,5})\s?([mhdw])", text.strip())
    if match is None or not int(match[1]):
        raise usage(f"--expires is {text!r}; expected a length such as 12h, {TOKEN_LIFE.days}d or 52w.")
    return (
        int(match[1])
        * {"m": dt.timedelta(minutes=1), "h": dt.timedelta(hours=1), "d": dt.timedelta(days=1), "w": dt.timedelta(weeks=1)}[match[2]]
    )
