"""`doctor`: is this installation able to wake somebody? What is red, and what to do about it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict

import typer
from django.conf import settings
from django.db import connection

from watchbill.audit.selectors import verify_chain
from watchbill.cli.app import Json, app, now, operator_viewer, out, say
from watchbill.cli.findings import Finding
from watchbill.cli.platforms import platforms
from watchbill.cli.trackers import trackers
from watchbill.config.selectors import inactive
from watchbill.intake import selectors as intake
from watchbill.intake.models import IntegrationKey
from watchbill.intake.selectors import quiet
from watchbill.intake.selectors.mailboxes import READ, mailboxes
from watchbill.kernel import journals
from watchbill.kernel.models import EngineInstance
from watchbill.notifications.chats.selectors import OLDEST_LOOK, State, states
from watchbill.notifications.reach import ways_of
from watchbill.notifications.rules import Ready
from watchbill.notifications.rules.proving import Health
from watchbill.notifications.selectors import providers_tested
from watchbill.paging.selectors import set_aside
from watchbill.people.models import ApiToken, Organization, Person
from watchbill.people.selectors import failing_calendars
from watchbill.response.readiness import managers_without_a_number, readiness
from watchbill.schedules.models import Schedule

OLDEST_TICK = dt.timedelta(seconds=30)
CLOCKS_APART = dt.timedelta(seconds=5)
SOON = dt.timedelta(days=14)
REACHING = {
    "contact",
    "chats",
    "heartbeats",
    "trackers",
    "platforms",
    "mailboxes",
    "policies",
}  # parts that need a connector, or wake somebody
LITTLE_ROOM = 500 * 1024 * 1024  # bytes


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at everything that must work for somebody to be woken. Exit 1 when something is red."""
    moment = now()
    findings = [finding for look in LOOKS for finding in look(moment)]
    say([asdict(finding) for finding in findings], as_json=as_json, human=lambda: _print(findings))
    if any(finding.state == "red" for finding in findings):
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    marks = {"green": "[green]ok  [/]", "amber": "[yellow]look[/]", "red": "[red]RED [/]"}
    for finding in findings:
        out.print(f"{marks[finding.state]} {finding.what}: {finding.says}", markup=True)


def _database(moment: dt.datetime) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), rolsuper FROM pg_roles WHERE rolname = current_user")
        version, is_superuser = cursor.fetchone()
    yield Finding("database", "green", f"PostgreSQL {version} answers.")
    if is_superuser:
        yield Finding(
            "rights",
            "red",
            "The application runs as a superuser, who can get round the protection of evidence. Name another role in DATABASE_URL.",
        )
    apart = abs(dt.datetime.now(dt.UTC) - moment)  # noqa: TID251  to compare clocks both must be read
    state = "green" if apart < CLOCKS_APART else "amber"
    yield Finding("clocks", state, f"This machine and the database are {apart.total_seconds():.1f} s apart; the database's clock counts.")


def _room(_moment: dt.datetime) -> Iterator[Finding]:
    if not connection.settings_dict["PORT"] and settings.DATA_DIR.exists():
        free = shutil.disk_usage(settings.DATA_DIR).free
        yield Finding("disk", "green" if free > LITTLE_ROOM else "red", f"{free // (1024 * 1024):,} MB are free under {settings.DATA_DIR}.")


def _engine(moment: dt.datetime) -> Iterator[Finding]:
    best = EngineInstance.objects.filter(stopped_at=None, last_tick_at__isnull=False).order_by("-last_tick_at").first()
    if best is None or best.last_tick_at is None:
        yield Finding("engine", "red", "No paging engine runs: nobody is woken. Start `watchbill serve`.")
        return
    age = moment - best.last_tick_at
    state = "green" if age < OLDEST_TICK else "red"
    yield Finding("engine", state, f"Its last good round was {age.total_seconds():.0f} s ago, on {best.host}.")
    if best.proved_at is None or moment - best.proved_at > 2 * OLDEST_TICK:
        yield Finding("auditor", "red", "Nobody has proved lately that every open page did what was due; look at the engine's log.")
    else:
        yield Finding(
            "auditor", "green", f"Proved {(moment - best.proved_at).total_seconds():.0f} s ago that every open page did what was due."
        )


def _last_resort(_moment: dt.datetime) -> Iterator[Finding]:
    here = Organization.objects.select_related("last_resort").first()
    if here is None or here.last_resort is None:
        yield Finding(
            "last resort", "red", "Nobody is named who is asked when nobody else is left. Apply a configuration file with `last_resort`."
        )
    else:
        yield _reach(here.last_resort, "last resort")


def _watches(moment: dt.datetime) -> Iterator[Finding]:
    """Gaps, and whether those who have a watch, or have it next, can be woken: the same answer as the page Now."""
    keepers = readiness(at=moment)
    held = {one.schedule.id for one in keepers if one.runs}
    for schedule in Schedule.objects.filter(is_active=True).exclude(id__in=held).order_by("position", "name"):
        yield Finding(schedule.name, "red", "Nobody has the watch now: a page goes straight to the next step.")
    for one in keepers:
        what = one.schedule.name if one.runs else f"{one.schedule.name}, next"
        begins = "" if one.runs else f" from {one.start:%d %B %H:%M} UTC"
        yield Finding(
            what, "red" if one.state.is_red else "green" if one.state is Ready.READY else "amber", f"{one.person.name}{begins}: {one.why}"
        )
    for team in managers_without_a_number():
        yield Finding(
            f"managers of {team}", "amber", "None of them has a proven telephone number. One adds it on the page You, or the file names it."
        )


def _reach(person: Person, what: str) -> Finding:
    """Can this person be woken by something that works here?"""
    if not person.is_active:
        return Finding(what, "red", f"{person.name} is deactivated and is not woken. Name somebody else, by an override or in the file.")
    ways, why_not = ways_of([person.pk], "high", "all").get(person.pk, ((), ""))
    if ways:
        return Finding(what, "green", f"{person.name} can be reached by {', '.join(sorted({way.kind for way in ways}))}.")
    return Finding(what, "red", f"{person.name} cannot be reached. {why_not}")


def _providers(moment: dt.datetime) -> Iterator[Finding]:
    """A provider that does not work wakes nobody, however well everything else does."""
    if settings.PROVIDER_TESTS is None:
        yield Finding("providers", "amber", "Nothing is tested: WATCHBILL_PROVIDER_TESTS is off.")
        return
    for each in providers_tested(now=moment):
        tested = (
            f" Last test {_hours(moment - each.ended_at)} ago."
            if each.ended_at
            else f" Its first test is due {each.due_at:%d %B %H:%M} UTC."
        )
        says = "A test is due and has no end." if each.health is Health.LATE else each.detail
        state = "red" if each.health.is_red else "green" if each.health is Health.WORKS or not each.ended_at else "amber"
        yield Finding(f"provider {each.provider}", state, f"{says}{tested}".strip())


def _hours(age: dt.timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def _set_aside(_moment: dt.datetime) -> Iterator[Finding]:
    events, pages, waiting = intake.set_aside().count(), len(set_aside()), intake.waiting()
    yield Finding("events", "red" if events else "green", f"{waiting} wait, {events} could not be taken in and were set aside.")
    yield Finding("pages", "red" if pages else "green", f"{pages} could not be judged and were set aside.")


def _mailboxes(moment: dt.datetime) -> Iterator[Finding]:
    for each in mailboxes():
        box, failed = each.mailbox, each.mails.get("failed", 0)
        if not os.environ.get(box.imap_env) or not READ & set(box.purposes):
            continue  # named by what is not active
        if each.is_late(moment):
            since = f"It was read last at {box.read_at:%d %B %H:%M} UTC." if box.read_at else "It was never read."
            yield Finding(f"mailbox {box.name}", "red", f"{since} {box.last_error or 'Does an engine run with its variable?'}")
        else:
            says = f"It is read; {each.mails.get('alert', 0)} mails were stored as events, {each.mails.get('left', 0)} left out by a rule"
            wrong = f", {each.mails.get('unknown', 0)} were to an address of nobody, {failed} could not be taken and lie in the mailbox."
            state = "red" if failed else "amber" if box.last_error else "green"
            yield Finding(f"mailbox {box.name}", state, f"{says}{wrong} {box.last_error}".strip())


def _calendars(moment: dt.datetime) -> Iterator[Finding]:
    """Somebody whose calendar is not read may be away without anybody knowing."""
    for each in failing_calendars():
        age = _hours(moment - (each.failing_since or moment))
        yield Finding(f"calendar of {each.person.handle}", "amber", f"{each.host} cannot be read for {age}: {each.last_error}")


def _journal(_moment: dt.datetime) -> Iterator[Finding]:
    journal = journals.look(settings.DATA_DIR)
    where = settings.DATA_DIR / journals.FOLDER
    if journal.aside:
        says = f"{journal.aside} files in {where} hold events that were answered and could not be stored; `docs/runbook.md` says how to read them."
        yield Finding("journal", "red", says)
    elif journal.bytes:
        yield Finding("journal", "amber", f"{journal.bytes:,} bytes of events wait in {where} until the database takes them.")
    else:
        yield Finding("journal", "green", "Nothing waits.")


def _chats(moment: dt.datetime) -> Iterator[Finding]:
    """Does every chat answer, and is what people press there heard? As the engine found it."""
    for state in states():
        if state.chat.works:
            yield Finding(f"chat {state.chat.name}", *_chat(state, moment))
            if state.unwritten:
                says = f"{state.unwritten} messages there could not be written; each incident's story says why."
                yield Finding(f"chat {state.chat.name}", "amber", says)


def _chat(state: State, moment: dt.datetime) -> tuple[str, str]:
    if state.error:
        return "red", f"It does not answer: {state.error}"
    if state.looked_at is None or moment - state.looked_at > OLDEST_LOOK:
        return "red", "Nobody has asked lately whether it answers; the paging engine does that every minute."
    if state.chat.app_token and (state.heard_at is None or moment - state.heard_at > OLDEST_LOOK):
        return "red", f"It answers as {state.said}, and Socket Mode is not connected: buttons and commands are not heard."
    heard = [way for way, on in (("Socket Mode", state.chat.app_token), ("signed requests", state.chat.signing)) if on]
    if not heard:
        return "amber", f"It answers as {state.said}, one-way: without `signing_env` or `app_token_env` nothing is heard from there."
    return "green", f"It answers as {state.said}; what is pressed there is heard by {' and '.join(heard)}."


def _quiet(moment: dt.datetime) -> Iterator[Finding]:
    """What is silent on purpose, and who cannot be heard."""
    for row, held in quiet.running_now(operator_viewer(), now=moment):
        says = f"In maintenance until {row.ends_at:%d %B %H:%M} UTC, {held} incidents held back: {row.reason}"
        yield Finding(row.service.name, "amber", says)
    beats = list(quiet.heartbeats_for(operator_viewer()))
    if beats and not quiet.hears(now=moment):
        yield Finding(
            "heartbeats", "red", "No front door listens for signs of life: a job that stops wakes nobody. Start `watchbill serve`."
        )
    fed = quiet.keys_of([beat.id for beat in beats], now=moment)
    for beat in beats:
        if beat.id not in fed:
            says = f'It has no key: nothing can beat it. Make one with `watchbill heartbeat key "{beat.name}"`.'
            yield Finding(f"heartbeat {beat.name}", "amber", says)
        elif beat.late_at is not None:
            yield Finding(
                f"heartbeat {beat.name}", "amber", f"Silent since {beat.late_at:%d %B %H:%M} UTC: an alert of {beat.service.name} fires."
            )


def _ends(moment: dt.datetime) -> Iterator[Finding]:
    for key in IntegrationKey.objects.filter(revoked_at=None, ends_at__lt=moment + SOON, ends_at__gt=moment).select_related("service"):
        yield Finding("key", "amber", f"A key of {key.service.name} (...{key.hint}) ends {key.ends_at:%d %B %H:%M} UTC.")
    for token in ApiToken.objects.filter(revoked_at=None, expires_at__lt=moment + SOON, expires_at__gt=moment).select_related("person"):
        yield Finding("token", "amber", f"A token of {token.person.handle} (...{token.hint}) ends {token.expires_at:%d %B %H:%M} UTC.")


def _evidence(_moment: dt.datetime) -> Iterator[Finding]:
    verdict = verify_chain()
    text = f"{verdict.records} audit records in {verdict.seals} seals are as they were written." if verdict.whole else verdict.why
    yield Finding("evidence", "green" if verdict.whole else "red", text)


def _not_active(_moment: dt.datetime) -> Iterator[Finding]:
    """Red where the operator can mend it, or where somebody is not reached; what this release cannot do yet is said besides."""
    for part in inactive():
        mendable = part.missing or part.kind in REACHING
        unset = f" Not set: {', '.join(part.missing)}." if part.missing else ""
        yield Finding(f"{part.kind} {part.name}", "red" if mendable else "amber", f"Not active: {part.why}{unset}")


LOOKS: tuple[Callable[[dt.datetime], Iterator[Finding]], ...] = (
    _database,
    _room,
    _engine,
    _last_resort,
    _watches,
    _providers,
    _set_aside,
    _mailboxes,
    _calendars,
    _journal,
    _chats,
    trackers,
    platforms,
    _quiet,
    _ends,
    _evidence,
    _not_active,
)
