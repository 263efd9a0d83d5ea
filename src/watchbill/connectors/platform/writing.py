"""One try to write on a report of a platform: looked for when an earlier one may have been done, put down before it leaves, and judged.

Money is looked for before every try, and what may have left is never sent again before a person says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.platform import Client
from watchbill.connectors.wire import Denied, RateLimited
from watchbill.notifications.rules import Outcome
from watchbill.platforms.messages import Claim, Said, Shown, Written
from watchbill.platforms.models import Platform
from watchbill.platforms.rules.ends import WEIGHTY
from watchbill.platforms.rules.switches import SWITCH_OF, may
from watchbill.platforms.selectors import Settings

MARGIN = dt.timedelta(hours=1)  # our clock and the platform's
MOST = 10**9
ASKED = "activity-agreed-on-going-public"
CANCELLED = "activity-cancelled-disclosure-request"

Begin = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """It stands there. `ref`: as the platform calls it."""

    ref: str = ""


def perform(client: Client, claim: Claim, platform: Settings, row: Platform, begin: Begin) -> Written:
    """Write it, or learn that it is so already. `begin` answers whether it may leave now, and is asked once."""
    begun = _Once(begin)
    try:
        return _judged(client, claim, platform, row, begun)
    except RateLimited as error:
        return Written(claim, Outcome.TEMPORARY, str(error), retry_after=error.retry_after)
    except Denied as error:
        final = begun.answered and claim.kind in WEIGHTY
        return _refused(claim, error, sent=True) if final else Written(claim, Outcome.TEMPORARY, str(error))
    except PermanentFailure as error:
        return _refused(claim, error, sent=begun.answered)
    except UnknownEnd as error:
        return Written(claim, Outcome.UNKNOWN, str(error))
    except Failure as error:
        return Written(claim, Outcome.TEMPORARY, str(error))


def _refused(claim: Claim, error: Failure, *, sent: bool) -> Written:
    """A no of now says nothing of money that may have left before; nor does a no to the look for what somebody confirmed."""
    if claim.again and (claim.kind == "bounty" or (claim.kind in WEIGHTY and not sent)):
        return Written(claim, Outcome.TEMPORARY, f"{error} An earlier try may have been done.", missing=True)
    return Written(claim, Outcome.PERMANENT, str(error))


class _Once:
    """Did it leave?"""

    def __init__(self, begin: Begin) -> None:
        self._begin, self.answered = begin, False

    def __call__(self) -> bool:
        self.answered = self._begin()
        return self.answered


def _judged(client: Client, claim: Claim, platform: Settings, row: Platform, begin: Begin) -> Written:
    money, allowed = claim.kind == "bounty", may(row.writes, claim.kind)
    if not allowed and not claim.again:
        raise PermanentFailure(_switched_off(claim, platform))
    if money and not plain_amount(claim.body.get("amount")):
        raise PermanentFailure(
            "The amount is none that can be paid: expected a number above 0 with two decimals at most. Nothing was sent."
        )
    target = {} if money else _target(claim, platform, row)
    if claim.again or money:
        shown, said = client.report(claim.external_id)
        if money and "bounties" in shown.untold:
            raise TemporaryFailure(f"{platform.noun} does not show which bounties were awarded: the token may lack the right to see them.")
        found = _found(claim, target, shown, said)
        if claim.again and found is not None:
            return Written(claim, Outcome.DELIVERED, remote_ref=found.ref)
        if money:
            others = _others(claim, shown)
            if claim.again and claim.body.get("send") is not True:
                return Written(claim, Outcome.TEMPORARY, _not_there(others, platform), missing=True)
            if others:
                raise PermanentFailure(
                    f"{others} stands on the report that was not there when this was decided. Nothing was sent. Look at the report, and decide anew."
                )
    if not allowed:
        raise PermanentFailure(f"{_switched_off(claim, platform)} An earlier try was looked for, and is not there.")
    if not begin():
        return Written(claim, Outcome.TEMPORARY, "Another engine has it.", missing=claim.again)
    return Written(claim, Outcome.DELIVERED, remote_ref=_send(client, claim, target, shown if money else None))


def _target(claim: Claim, platform: Settings, row: Platform) -> dict[str, str]:
    """The ids that the platform knows groups, users and fields by. Raises PermanentFailure for a name that it does not know."""
    body = claim.body
    if claim.kind == "tier":
        fields = row.known.get("fields", {})
        return {"field": _id_of(row, fields, platform.tier_field, "custom field", "tier_field")}
    if claim.kind != "assign":
        return {}
    if body.get("to") == "nobody":
        return {"kind": "nobody", "id": "", "name": ""}
    name = str(body.get("name") or (platform.triage_group if body.get("to") == "triage" else ""))
    for kind, among in (("group", "groups"), ("user", "users")):
        if id_ := _matching(row.known.get(among, {}), name):
            return {"kind": kind, "id": id_, "name": name}
    both = {**row.known.get("groups", {}), **row.known.get("users", {})}
    return {"kind": "group", "id": _id_of(row, both, name, "group or user", "triage_group"), "name": name}


def _id_of(row: Platform, among: Mapping[str, str], name: str, what: str, word: str) -> str:
    if "groups" not in row.known:
        raise TemporaryFailure(f"Which {what}s the programme has is not known yet.")
    if id_ := _matching(among, name):
        return id_
    names = ", ".join(sorted(among)[:12])
    raise PermanentFailure(f"The programme has no {what} called {name or 'nothing'}. Expected one of: {names or 'none'}; see `{word}`.")


def _matching(among: Mapping[str, str], name: str) -> str:
    """Names are not told apart by capital letters there."""
    return next((id_ for known, id_ in among.items() if name and known.casefold() == name.casefold()), "")


# Is it there?


def _found(claim: Claim, target: Mapping[str, str], shown: Shown, said: Sequence[Said]) -> Found | None:
    look = LOOKS[claim.kind]
    return look(claim, target, shown, said)


def _bounty(claim: Claim, _: Any, shown: Shown, __: Any) -> Found | None:
    amount = plain_amount(claim.body.get("amount"))
    fresh = _fresh_bounties(claim, shown)
    same = [each for each in fresh if amount in (plain_amount(each.get("amount")), plain_amount(each.get("amount_usd")))]
    return Found(str(same[0]["id"])) if same and amount else None


def _comment(claim: Claim, _: Any, shown: Shown, said: Sequence[Said]) -> Found | None:  # noqa: ARG001
    internal = bool(claim.body.get("internal"))
    for one in said:
        ours = one.kind == "activity-comment" and not one.by_reporter and one.internal == internal and one.external_id not in claim.taken
        if ours and one.at >= claim.created_at - MARGIN and _words(one.message) == _words(str(claim.body.get("text") or "")):
            return Found(one.external_id)
    return None


def _disclosure(claim: Claim, _: Any, shown: Shown, said: Sequence[Said]) -> Found | None:
    if claim.kind == "ask_disclosure" and shown.disclosed_at is not None:
        return Found()
    wanted = ASKED if claim.kind == "ask_disclosure" else CANCELLED
    for one in said:
        if one.kind == wanted and not one.by_reporter and one.at >= claim.created_at - MARGIN and one.external_id not in claim.taken:
            return Found(one.external_id)
    return None


def _assigned(claim: Claim, target: Mapping[str, str], shown: Shown, _: Any) -> Found | None:  # noqa: ARG001
    if target["kind"] == "nobody":
        return None if shown.assignee_kind else Found()
    return Found() if (shown.assignee_kind, shown.assignee.casefold()) == (target["kind"], target["name"].casefold()) else None


def _is(attribute: str, word: str) -> Callable[[Claim, Any, Shown, Any], Found | None]:
    def look(claim: Claim, _: Any, shown: Shown, __: Any) -> Found | None:
        wanted = str(claim.body.get(word) or "")
        wanted = "" if attribute == "severity" and wanted == "none" else wanted
        return Found() if getattr(shown, attribute) == wanted else None

    return look


LOOKS: dict[str, Callable[[Claim, Any, Shown, Sequence[Said]], Found | None]] = {
    "comment": _comment,
    "state": _is("state", "state"),
    "severity": _is("severity", "severity"),
    "tier": _is("tier", "tier"),
    "assign": _assigned,
    "reference": _is("reference", "reference"),
    "bounty": _bounty,
    "ineligible": lambda _claim, _target, shown, _said: Found() if shown.ineligible else None,
    "ask_disclosure": _disclosure,
    "cancel_disclosure": _disclosure,
}


def _fresh_bounties(claim: Claim, shown: Shown) -> list[Mapping[str, Any]]:
    before = {*(str(each) for each in claim.body.get("known") or ()), *claim.taken}
    return [each for each in shown.bounties if str(each.get("id")) not in before]


def _others(claim: Claim, shown: Shown) -> str:
    """The bounties that nobody knew of when this was decided, in words."""
    said = [f"{each.get('amount')} {each.get('currency') or ''}".strip() for each in _fresh_bounties(claim, shown)]
    return f"A bounty of {' and one of '.join(said)}" if said else ""


def _not_there(others: str, platform: Settings) -> str:
    told = f"{platform.noun} took it without a clear answer, or an engine ended over it, and does not show it"
    return f"{told}. {others} stands there." if others else f"{told}, or not yet."


# Sending


def _send(client: Client, claim: Claim, target: Mapping[str, str], shown: Shown | None) -> str:
    report, body = claim.external_id, claim.body
    text = str(body.get("text") or "")
    match claim.kind:
        case "comment":
            return client.comment(report, text, internal=bool(body.get("internal")))
        case "state":
            return client.set_state(report, str(body.get("state") or ""), text, str(body.get("original") or ""))
        case "severity":
            return client.set_severity(report, str(body.get("severity") or "none"), str(body.get("vector") or ""))
        case "tier":
            return client.set_field(report, target["field"], str(body.get("tier") or ""))
        case "assign":
            return client.assign(report, target["kind"], target["id"])
        case "reference":
            return client.refer(report, str(body.get("reference") or ""))
        case "bounty":
            return _award(client, claim, shown)
        case "ineligible":
            return client.set_ineligible(report)
        case "ask_disclosure":
            return client.ask_disclosure(report, str(body.get("kind") or "full"), text)
        case "cancel_disclosure":
            return client.cancel_disclosure(report, text)
    raise PermanentFailure(f"Nothing here writes {claim.kind!r}.")


def _award(client: Client, claim: Claim, shown: Shown | None) -> str:
    """Raises UnknownEnd when what the platform calls it stood there before: then something else was answered."""
    body = claim.body
    ref = client.award(claim.external_id, plain_amount(body.get("amount")), plain_amount(body.get("bonus")), str(body.get("text") or ""))
    before = {str(each.get("id")) for each in shown.bounties} if shown is not None else set()
    if ref in before or ref in claim.taken:
        raise UnknownEnd("The platform took it, and answered with another bounty.")
    return ref


def plain_amount(value: Any) -> str:
    """An amount as it is compared: 50 and 50.0 are 50.00. Empty for what is none, and for what would have to be rounded."""
    try:
        amount = Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        return ""
    if not amount.is_finite() or not 0 < amount < MOST:
        return ""
    text = f"{amount:.2f}"
    return text if Decimal(text) == amount else ""


def _words(text: str) -> str:
    return " ".join(text.split())


def _switched_off(claim: Claim, platform: Settings) -> str:
    return f"`writes` of {platform.name} does not hold `{SWITCH_OF[claim.kind]}`: nothing was sent."
