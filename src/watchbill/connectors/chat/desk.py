"""The desk in a few words: what a slash command or a button of a chat does, whatever the chat. Answers are for the one who asked.

Of a restricted incident an answer says its number and that it was done: whoever wants more opens it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from watchbill.audit.actions import record_in
from watchbill.connectors.chat import handing
from watchbill.connectors.chat.callers import Caller, open_talk
from watchbill.incidents.actions import Line, audit_entry, tell_in
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import Filters, by_number, search
from watchbill.kernel.errors import Invalid, NotFound, Refused, WatchbillError
from watchbill.notifications.chats.actions import room_in
from watchbill.notifications.chats.models import Posting
from watchbill.paging.models import Page
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, decide
from watchbill.people.selectors import viewer_of
from watchbill.response import actions
from watchbill.response.selectors import url_of
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call

LISTED = 20  # incidents in one answer
HELP = """`who [SCHEDULE]`: who has the watch
`incidents`: what is open
`ack N`, `resolve N`, `escalate N`: act on number N
`calling N`: I am calling; the page waits for 15 minutes
`note N TEXT`: write it into the timeline
`page SUMMARY service=NAME [severity=critical|high|medium|low]`: page a team
`accept N WORDS`: accept a hand-off, in your own words what is going on
`decline N WHY`: decline it
`channel N`: a channel for incident N alone
`link`: prove who you are here"""


def command(text: str, who: Caller) -> str:
    """The answer to a line of words. A refusal is an answer too."""
    verb, _, rest = text.strip().partition(" ")
    does = COMMANDS.get(verb.lower() or "help")
    if does is None:
        return f"There is no command `{_short(verb)}`. Expected one of:\n{HELP}"
    try:
        return does(rest.strip(), who)
    except WatchbillError as error:
        return error.message


def press(act: str, numbers: Sequence[int], who: Caller, *, seen: int | None = None, page_id: int | None = None, text: str = "") -> str:
    """The answer to a button. `seen`: how often the page had fired when the button was drawn."""
    try:
        if len(numbers) > 1:
            return _many(act, numbers, who)
        (number,) = numbers
        if act == "escalate" and seen is not None:
            _refuse_stale(number, who, seen)
        return _act(act, number, who, page_id=page_id, text=text)
    except WatchbillError as error:
        return error.message


def may_note(number: int, who: Caller) -> None:
    """Raises when this person cannot write about it here: before a form opens, not after it was filled in."""
    open_talk(number, who, "Write the note there")


def _act(act: str, number: int, who: Caller, *, page_id: int | None = None, text: str = "") -> str:
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": who.now}
    if act == "acknowledge":
        done = actions.acknowledge(number, page_id=page_id, **by)
    elif act == "resolve":
        done = actions.resolve(number, **by)
    elif act == "escalate":
        done = actions.escalate(number, **by)
    elif act == "calling":
        done = actions.manager_step(number, "calling", **by)
    elif act == "note":
        may_note(number, who)
        done = actions.note(number, text, **by)
    else:
        raise Invalid(f"There is no act {_short(act)!r}.")
    if not Incident.objects.filter(number=number, restricted=True).exists():
        return done.message
    return f"#{number}: {'done' if done.won else 'somebody was first'}. Open it to read more: {url_of(number)}"


def _many(act: str, numbers: Sequence[int], who: Caller) -> str:
    if act not in ("acknowledge", "resolve"):
        raise Invalid("That goes with one incident only.")
    outcomes = actions.bulk(list(numbers), act, person=who.person, actor=who.actor, now=who.now)
    won = sum(outcome.won for outcome in outcomes)
    word = "acknowledged" if act == "acknowledge" else "resolved"
    return f"{won} of {len(numbers)} {word} by you." + (
        "" if won == len(numbers) else " Of the others somebody was first, or they are over."
    )


def _refuse_stale(number: int, who: Caller, seen: int) -> None:
    """Two who press Escalate on the same message mean one step, not two."""
    incident = by_number(viewer_of(who.person), number)
    page = Page.objects.filter(incident=incident, purpose=Page.Purpose.RESPOND).order_by("-id").first()
    if page is not None and page.firings > seen:
        raise Refused(
            f"#{number} went on already since that message was drawn. Look at it again, and escalate once more if it must go further."
        )


def _who(text: str, who: Caller) -> str:
    schedules = list(Schedule.objects.filter(is_active=True).order_by("position", "name"))
    if text:
        schedules = [each for each in schedules if each.name.lower() == text.strip("\"'").lower()]
        if not schedules:
            raise NotFound(f"There is no schedule called {_short(text)}. `who` alone lists all of them.")
    if not schedules:
        return "There is no schedule yet."
    found = on_call([each.id for each in schedules], at=who.now)
    people = dict(Person.objects.filter(id__in={one.person_id for rows in found.values() for one in rows}).values_list("id", "name"))
    lines = []
    for each in schedules:
        have = [
            f"{people[one.person_id]} until {one.until:%a %d %b %H:%M} UTC" if one.until else people[one.person_id]
            for one in found[each.id]
        ]
        lines.append(f"*{each.name}*: {', '.join(have) or 'NOBODY'}")
    return "\n".join(lines)


def _incidents(_text: str, who: Caller) -> str:
    listed = search(viewer_of(who.person), Filters(status="open"), limit=LISTED)
    if not listed.items:
        return "No incident is open."
    lines = [_line(incident) for incident in listed.items]
    return "\n".join([*lines, *(["... and more on the board."] if listed.next else [])])


def _line(incident: Incident) -> str:
    if incident.restricted:
        return f"#{incident.number} {incident.code_name} (restricted)"
    has = incident.owner or incident.acting
    return f"#{incident.number} {incident.severity}: {' '.join(incident.title.split())[:150]} ({f'{has.name} has it' if has else 'nobody has it'})"


def _on_number(act: str) -> Callable[[str, Caller], str]:
    def does(text: str, who: Caller) -> str:
        return _act(act, _number(text), who)

    return does


def _note(text: str, who: Caller) -> str:
    number, _, words = text.partition(" ")
    return _act("note", _number(number), who, text=words)


def _page(text: str, who: Caller) -> str:
    summary, given = _options(text)
    if "service" not in given:
        raise Invalid('Name the service whose team is paged: `page SUMMARY service="NAME"`.')
    if not decide(viewer_of(who.person), Verb.PAGE).allowed:
        raise Refused("Your account may not page.")
    incident = actions.page_by_hand(summary, given["service"], given.get("severity", "high"), by=who.actor, now=who.now)
    return f"#{incident.number} is being paged: {url_of(incident.number)}"


def _options(text: str) -> tuple[str, dict[str, str]]:
    """(the words, {name: value}): `service=` and `severity=` stand anywhere, quoted when a value has blanks."""
    text = text.translate(str.maketrans("“”„’‘", '"""\'\''))  # keyboards of phones write them so
    given: dict[str, str] = {}

    def take(found: re.Match[str]) -> str:
        value = found[2]
        given[found[1]] = shlex.split(value)[0] if value[0] in "\"'" and value[-1] == value[0] else value
        return ""

    words = re.sub(r"(?:^|(?<=\s))(service|severity)=(\"[^\"]+\"|'[^']+'|\S+)", take, text)
    return " ".join(words.split()), given


def _accept(text: str, who: Caller) -> str:
    number, _, words = text.partition(" ")
    return handing.accept(handing.asked(_number(number), who).id, words, who)


def _decline(text: str, who: Caller) -> str:
    number, _, words = text.partition(" ")
    return handing.decline(handing.asked(_number(number), who).id, words, who)


def _channel(text: str, who: Caller) -> str:
    return room(_number(text), who)


def room(number: int, who: Caller) -> str:
    """A channel for this incident alone. Whoever may act on it may ask for one; of a restricted one it is private."""
    if "post" not in who.chat.writes:
        raise Refused(f"Watchbill may not write in {who.chat.name}: `writes` of the chat has no `post`.")
    incident = by_number(viewer_of(who.person), number)
    if incident.status == Incident.Status.RESOLVED:
        raise Refused(f"#{number} is resolved. Reopen it when there is something left to talk about.")
    with transaction.atomic(durable=True):
        new = room_in(incident.id, who.chat, f"inc-{number}", by=who.person, now=who.now)
        if new:
            line = Line(
                incident.id, "chat_asked", f"{who.person.name} asked for a channel in {who.chat.name}.", who.person.id, who.actor.via
            )
            tell_in([line], now=who.now)
            record_in([audit_entry("incident.channel", incident, chat=who.chat.name)], by=who.actor, now=who.now)
    if new:
        return f"A channel for #{number} is being made; its link will stand in the timeline, and you are invited."
    made = Posting.objects.get(incident_id=incident.id, chat_id=who.chat.id, room=True)
    return f"The channel of #{number} is {made.channel}." if made.place else f"The channel of #{number} is being made. {made.error}".strip()


def _number(text: str) -> int:
    words = text.split()
    digits = words[0].lstrip("#") if words else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise Invalid("Say the number of the incident, as in `ack 12`. `incidents` lists what is open.")
    return int(digits)


def _short(text: str) -> str:
    return " ".join(text.replace("`", "'").split())[:60]


COMMANDS: dict[str, Callable[[str, Caller], str]] = {
    "help": lambda _text, _who: HELP,
    "who": _who,
    "incidents": _incidents,
    "list": _incidents,
    "ack": _on_number("acknowledge"),
    "acknowledge": _on_number("acknowledge"),
    "resolve": _on_number("resolve"),
    "escalate": _on_number("escalate"),
    "calling": _on_number("calling"),
    "note": _note,
    "accept": _accept,
    "decline": _decline,
    "page": _page,
    "channel": _channel,
}
