"""How do accounts and the tokens that speak for them come to be, and how do they end?

A token is shown once; only its SHA-256 is kept. It never opens more than its person may.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import string
import unicodedata
from collections.abc import Iterable
from functools import partial

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel.errors import AlreadyDone, Invalid, Refused
from watchbill.people.models import ApiToken, Person
from watchbill.people.permissions import SCOPES
from watchbill.people.rules import digest_of, why_not_given, why_not_taken

TOKEN_PREFIX = "wb_"  # noqa: S105  how tokens begin, so that scanners of leaked secrets know them
TOKEN_LENGTH = 40  # letters and digits: 238 bits
TOKEN_LIFE = dt.timedelta(days=90)
USED_EVERY = dt.timedelta(minutes=1)  # how exact `last_used_at` is: a busy token must not write a row per request
LETTERS = string.ascii_letters + string.digits


@transaction.atomic(durable=True)
def create_person(
    email: str, *, name: str = "", handle: str = "", is_admin: bool = False, password: str | None = None, by: Actor, now: dt.datetime
) -> Person:
    """Make an account; see `create_person_in`."""
    return create_person_in(email, name=name, handle=handle, is_admin=is_admin, password=password, by=by, now=now)


def create_person_in(
    email: str, *, name: str = "", handle: str = "", is_admin: bool = False, password: str | None = None, by: Actor, now: dt.datetime
) -> Person:
    """Make an account in the open transaction. Without a password nobody can sign in until one is set.

    The handle is made from the address, else from the name, unless given. Raises Invalid for an address, handle or password that cannot
    be used, AlreadyDone when the address or the handle belongs to somebody.
    """
    email = _checked_email(email)
    name = _checked_name(name) or email.partition("@")[0]
    handle = _checked_handle(handle) if handle else _free_handle(email, name)
    if Person.objects.filter(Q(email__iexact=email)).exists():
        raise AlreadyDone(f"{email} already has an account.", email=email)
    person = Person(handle=handle, name=name, email=email, is_admin=is_admin, created_at=now)
    if password is not None:
        _check_password(password, person)
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:  # somebody took the handle or the address between the look and the insert
        raise AlreadyDone(f"The handle {handle} or the address {email} already belongs to somebody. Choose another one.") from error
    detail = {"handle": handle, "admin": is_admin, "password": password is not None}
    record_in([Entry("person.create", "person", str(person.id), detail=detail)], by=by, now=now)
    return person


@transaction.atomic(durable=True)
def set_password(person: Person, password: str, *, by: Actor, now: dt.datetime) -> None:
    """Set a password; sessions that were open end. Raises Invalid when the password is too weak."""
    _check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    record_in([Entry("person.password", "person", str(person.id), detail={"handle": person.handle})], by=by, now=now)


@transaction.atomic(durable=True)
def record_invitation(person: Person, *, by: Actor, now: dt.datetime) -> None:
    """Remember that a set-up link was handed out. The link itself is kept nowhere."""
    record_in([Entry("person.invite", "person", str(person.id), detail={"handle": person.handle})], by=by, now=now)


@transaction.atomic(durable=True)
def give_administration(person_id: int, *, by: Actor, now: dt.datetime) -> None:
    """Let somebody administer the installation. Refused, with the reason, when they do already or are deactivated."""
    person, _ = _with_administrators_in(person_id)
    if why := why_not_given(person.name, is_admin=person.is_admin, is_active=person.is_active):
        raise Refused(why)
    _set_administration_in(person, True, by=by, now=now)


@transaction.atomic(durable=True)
def take_administration(person_id: int, *, by: Actor, now: dt.datetime) -> None:
    """Let somebody administer the installation no longer. Refused when nobody would be left who does, also between two at once."""
    person, others = _with_administrators_in(person_id)
    if why := why_not_taken(person.name, is_admin=person.is_admin, others=others):
        raise Refused(why)
    _set_administration_in(person, False, by=by, now=now)


def _with_administrators_in(person_id: int) -> tuple[Person, int]:
    """The person, and how many active people administer besides; all of them stay as they are until the transaction ends."""
    rows = {row.id: row for row in Person.objects.select_for_update().filter(Q(is_admin=True) | Q(pk=person_id)).order_by("id")}
    others = sum(row.is_admin and row.is_active for row in rows.values() if row.id != person_id)
    return rows[person_id], others


def _set_administration_in(person: Person, is_admin: bool, *, by: Actor, now: dt.datetime) -> None:
    Person.objects.filter(pk=person.pk).update(is_admin=is_admin)
    detail = {"handle": person.handle, "admin": is_admin}
    record_in([Entry("person.admin", "person", str(person.id), detail=detail)], by=by, now=now)


@transaction.atomic(durable=True)
def create_token(
    person: Person, scopes: Iterable[str], expires_at: dt.datetime | None = None, name: str = "", *, by: Actor, now: dt.datetime
) -> tuple[ApiToken, str]:
    """Make a token for a person and return it with its secret, which is shown this once. Ends after 90 days unless said."""
    wanted = sorted(set(scopes))
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise Invalid(f"There is no scope {unknown[0]}. Choose from: {', '.join(SCOPES)}.", scopes=unknown)
    if not wanted:
        raise Invalid(f"A token needs at least one scope. Choose from: {', '.join(SCOPES)}.")
    expires_at = expires_at or now + TOKEN_LIFE
    if expires_at <= now:
        raise Invalid("A token must end in the future.", expires_at=expires_at.isoformat())
    if not person.is_active:
        raise Invalid(f"{person.handle} is deactivated; a token for them would open nothing.")
    secret = TOKEN_PREFIX + "".join(secrets.choice(LETTERS) for _ in range(TOKEN_LENGTH))
    token = ApiToken.objects.create(
        person=person, name=name[:120], digest=digest_of(secret), hint=secret[-4:], scopes=wanted, created_at=now, expires_at=expires_at
    )
    detail = {"person": person.handle, "scopes": wanted, "expires_at": expires_at.isoformat(), "name": token.name}
    record_in([Entry("token.create", "token", str(token.id), detail=detail)], by=by, now=now)
    return token, secret


@transaction.atomic(durable=True)
def revoke_token(token_id: int, *, by: Actor, now: dt.datetime) -> None:
    """End a token now. Raises AlreadyDone when it has ended or never was."""
    if not ApiToken.objects.filter(id=token_id, revoked_at=None).update(revoked_at=now):
        raise AlreadyDone(f"Token {token_id} is revoked already, or there is none with that number.", token=token_id)
    record_in([Entry("token.revoke", "token", str(token_id))], by=by, now=now)


def token_person(secret: str, now: dt.datetime) -> tuple[Person, ApiToken] | None:
    """Whose token is this? None for one that is unknown, ended or revoked, or whose person is deactivated. One query.

    Use is remembered to the minute: a second, small write only when the last one is older.
    """
    letters = secret.removeprefix(TOKEN_PREFIX)
    if letters == secret or len(letters) != TOKEN_LENGTH or not (letters.isascii() and letters.isalnum()):
        return None
    live = ApiToken.objects.filter(digest=digest_of(secret), revoked_at=None, expires_at__gt=now, person__is_active=True)
    token = live.select_related("person").first()
    if token is None:
        return None
    if token.last_used_at is None or token.last_used_at <= now - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        ApiToken.objects.filter(stale, id=token.id).update(last_used_at=now)
    return token.person, token


def _checked_email(email: str) -> str:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(f"{email!r} is not a mail address; expected one like ada@example.org.") from error
    if len(email) > 254:
        raise Invalid("A mail address has at most 254 characters.")
    local, _, domain = email.rpartition("@")
    return f"{local}@{domain.lower()}"


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > 200 or not name.isprintable():
        raise Invalid("A name has at most 200 printable characters.")
    return name


def _checked_handle(handle: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", handle):
        raise Invalid(f"{handle!r} is no handle; expected small letters, digits, dots and dashes, as in ada or ada.osei.")
    if Person.objects.filter(handle=handle).exists():
        raise AlreadyDone(f"The handle {handle} already belongs to somebody. Choose another one.", handle=handle)
    return handle


def _free_handle(email: str, name: str) -> str:
    """`ada.osei@example.org` is `ada.osei`; the second one of that name is `ada.osei2`."""
    local = email.rpartition("@")[0].partition("+")[0]
    base = _slug(local) or _slug(name) or "person"
    taken = set(Person.objects.filter(handle__startswith=base).values_list("handle", flat=True))
    if base not in taken:
        return base
    return next(handle for handle in map(partial("{}{}".format, base), range(2, len(taken) + 3)) if handle not in taken)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._-]+", ".", plain).strip("._-")[:56]


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
