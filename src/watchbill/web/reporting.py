"""What does each form on the page of a report do? Parses, calls one action, and says what was done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from watchbill.kernel.errors import Invalid
from watchbill.people.models import Person
from watchbill.reports.actions import canned, circle, money, secrecy, talking, tracking, triage, watching
from watchbill.reports.rules.texts import Audience
from watchbill.web import publishing, rating
from watchbill.web.visit import Visit

Said = QueryDict
By = Mapping[str, Any]
OUTWARD = frozenset({Audience.ALL, Audience.PLATFORM})
AUDIENCES = {"award": Audience.ALL, "ask-reporter": Audience.ALL, "relay": Audience.PLATFORM, "tell": Audience.ALL, "resolve": Audience.ALL}


def done_by(visit: Visit) -> dict[str, Any]:
    return {"person": visit.person, "actor": visit.actor, "now": visit.now}


def audience_of(act: str, said: Said) -> str:
    """Who would read what this form sends; empty: nothing is chosen, or nothing is sent."""
    if act == "close":
        return str(Audience.ALL) if said.get("text", "").strip() else ""
    return said.get("audience", "") if act == "say" else str(AUDIENCES.get(act, ""))


def _plain(does: Callable[..., Any], word: str) -> Callable[[int, Said, By], str]:
    def act(number: int, _said: Said, by: By) -> str:
        does(number, **by)
        return word

    return act


def _with(does: Callable[..., Any], field: str, word: str) -> Callable[[int, Said, By], str]:
    def act(number: int, said: Said, by: By) -> str:
        does(number, said.get(field, ""), **by)
        return word

    return act


def _sent(does: Callable[..., Any], word: str) -> Callable[[int, Said, By], str]:
    def act(number: int, said: Said, by: By) -> str:
        does(number, said.get("text", ""), sent="sent" in said, **by)
        return word

    return act


def _assign(number: int, said: Said, by: By) -> str:
    who = _person(said.get("to", ""))
    triage.assign(number, who, **by)
    return f"{who.name} is accountable."


def _experts(number: int, said: Said, by: By) -> str:
    triage.ask_experts(number, [_person(handle) for handle in said.getlist("experts")], said.get("text", ""), **by)
    return "They are named on it, and asked."


def _file_issue(number: int, said: Said, by: By) -> str:
    handle = said.get("assignee", "")
    whose = _person(handle) if handle else None
    tracking.file_issue(number, assignee=whose, labels=said.get("labels", "").split(","), **by)
    return "Its tracking issue is being made."


def _tell(number: int, said: Said, by: By) -> str:
    triage.tell_reporter(number, said.get("text", ""), _day(said.get("embargo_on", "")), sent="sent" in said, **by)
    return "The reporter was told."


def _resolve(number: int, said: Said, by: By) -> str:
    triage.resolve(number, said.get("text", ""), sent="sent" in said, announcement=said.get("announcement", ""), **by)
    return "It is resolved."


def _close(number: int, said: Said, by: By) -> str:
    typed = said.get("duplicate_of", "").strip().upper().removeprefix("R-")
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise Invalid(f"{typed[:40]!r} is no number of a report. Write it as R-1234567.", field="duplicate_of")
    repeats = int(typed) if typed else None
    triage.close_as(number, said.get("as", ""), said.get("reason", ""), duplicate_of=repeats, word=said.get("text", ""), **by)
    return "It is closed."


def _say(number: int, said: Said, by: By) -> str:
    talking.say(number, said.get("text", ""), said.get("audience", ""), sent="sent" in said, **by)
    return "Written."


def _money(does: Callable[..., Any], word: str) -> Callable[[int, Said, By], str]:
    def act(number: int, said: Said, by: By) -> str:
        more = [said.get("reason", "")] if does is money.propose else []
        does(number, _amount(said), *more, **by)
        return word

    return act


def _amount(said: Said) -> int:
    amount = said.get("amount", "").strip().replace(",", "")
    if not (amount.isascii() and amount.isdigit() and len(amount) < 12):
        raise Invalid(f"{amount[:40]!r} is no amount. Expected a whole number.", field="amount")
    return int(amount)


def _award(number: int, said: Said, by: By) -> str:
    money.award(number, _amount(said), said.get("text", ""), **by)
    return "It is on its way to the platform. How it ends stands here."


def _send_again(number: int, said: Said, by: By) -> str:
    if said.get("sure") != "yes":
        raise Invalid("Say that you looked there and it was not awarded: it would be paid twice.", field="sure")
    money.look_again(number, send=True, **by)
    return "It is looked for on the platform once more, and sent again where it is not there."


def _looked_there(number: int, said: Said, by: By) -> str:
    if said.get("found") not in ("yes", "no"):
        raise Invalid("Choose what you found there. Nothing is chosen for you.", field="found")
    money.looked_there(number, said.get("found") == "yes", **by)
    return "It is awarded." if said.get("found") == "yes" else "It is not awarded, and can be sent anew."


def _name(number: int, said: Said, by: By) -> str:
    who = _person(said.get("whom", ""))
    circle.name_person(number, who, said.get("why", ""), **by)
    return f"{who.name} may know of it from now on."


def _unname(number: int, said: Said, by: By) -> str:
    who = _person(said.get("whom", ""))
    circle.end_naming(number, who, **by)
    return f"{who.name} is not named on it any more."


def _secret(number: int, said: Said, by: By) -> str:
    until = _day(said.get("until", ""))
    secrecy.keep_secret(number, said.get("reason", ""), _day(said.get("review_on", "")), until=until, **by)
    return "It is marked do not disclose."


def _keep_text(number: int, said: Said, by: By) -> str:
    made = canned.keep_text(number, said.get("name", ""), said.get("text", ""), **by)
    return f"Kept as {made.name}."


def _person(handle: str) -> Person:
    found = Person.objects.filter(handle=handle, is_active=True).first()
    if found is None:
        raise Invalid(f"There is nobody with the handle {handle[:60]!r}. Choose somebody of the list.", field="to")
    return found


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text[:40]!r} is no day. Expected one such as 2026-04-14.", field="embargo_on") from error


ACTS: Mapping[str, Callable[[int, Said, By], str]] = {
    "take": _plain(triage.take, "It is yours."),
    "assign": _assign,
    "enough": _plain(triage.enough, "It seems valid, and says enough."),
    "ask-reporter": _sent(triage.ask_reporter, "The reporter is asked; triage stands still until the answer is there."),
    "relay": _sent(triage.relay, "The platform's triage is asked; ours stands still until the answer is there."),
    "heard": _plain(triage.heard, "It is read again."),
    "ask-experts": _experts,
    "understood": _plain(triage.understood, "Its impact is understood."),
    "rate": rating.rate,
    "file-issue": _file_issue,
    "link-issue": _with(tracking.link_issue, "address", "Its tracking issue is linked."),
    "tell": _tell,
    "propose": _money(money.propose, "The amount is proposed; somebody else must agree."),
    "approve": _money(money.approve, "You agreed to it."),
    "awarded": _money(money.awarded, "It is awarded."),
    "award": _award,
    "look-again": _plain(money.look_again, "It is looked for on the platform."),
    "send-again": _send_again,
    "looked-there": _looked_there,
    "watch": _plain(watching.watch, "You hear of each step from now on."),
    "unwatch": _plain(watching.unwatch, "You hear no more of it."),
    "not-eligible": _with(money.not_eligible, "reason", "There is no bounty for it."),
    "begin-incident": _with(tracking.begin_incident, "service", "Its incident has begun."),
    "resolve": _resolve,
    "close": _close,
    "reopen": _with(triage.reopen, "reason", "It is open again."),
    "say": _say,
    "name": _name,
    "unname": _unname,
    "circle": _with(circle.set_circle, "circle", "Who may know of it has changed."),
    "keep-text": _keep_text,
    "keep-secret": _secret,
    **publishing.ACTS,
    "end-secrecy": _with(secrecy.end_secrecy, "reason", "It may be disclosed again."),
}
