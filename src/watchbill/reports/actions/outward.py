"""What an act on a report writes on its platform, in the act's own transaction: the network is touched later, by whoever writes.

Nothing is written that the configuration file does not switch on; then people do it there by hand, and say so.
"""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.platforms.actions.wanting import may_write, want_in
from watchbill.platforms.models import Write
from watchbill.reports.actions.case import Case
from watchbill.reports.models import Message, Report
from watchbill.reports.rules.flow import Act, State
from watchbill.reports.rules.platform import CLOSES_AS, NEEDS_WORD, NOT_TRIAGED
from watchbill.reports.rules.texts import Audience

Kind = Write.Kind
NEEDS: Mapping[str, tuple[str, ...]] = {  # what an act writes besides, or in the place of, a comment
    Act.RELAY: (Kind.COMMENT, Kind.ASSIGN),
    Act.RESOLVE: (Kind.STATE,),
    Act.CLOSE: (Kind.STATE,),
}


def takes(report: Report, *kinds: str) -> bool:
    """May all of these be written on its platform?"""
    return report.remote_id is not None and all(may_write(report.remote, kind) for kind in kinds)


def by_platform(report: Report, audience: str, act: str = "") -> bool:
    """Does what is said in this act reach whoever shall read it by the platform?"""
    return audience != Audience.TEAM and takes(report, *NEEDS.get(act, (Kind.COMMENT,)))


def send_in(case: Case, message: Message, act: str = "") -> None:
    """What was said, there. Of an act that changes the state the text goes with the state. The platform's triage reads it as a team does."""
    if act in (Act.RESOLVE, Act.CLOSE):
        return  # `close_in` carries it
    _want_in(case, Kind.COMMENT, {"text": message.text, "internal": message.audience == Audience.PLATFORM})
    if act == Act.RELAY:
        _want_in(case, Kind.ASSIGN, {"to": "triage"})


def mark_in(case: Case, text: str) -> None:
    """A comment of the team alone, as the mark *do not disclose* is one."""
    if takes(case.report, Kind.COMMENT):
        _want_in(case, Kind.COMMENT, {"text": text, "internal": True})


def triaged_in(case: Case) -> None:
    """It was accepted: the platform says so too."""
    remote = case.report.remote
    if remote is not None and remote.state in NOT_TRIAGED and takes(case.report, Kind.STATE):
        _want_in(case, Kind.STATE, {"state": "triaged", "text": ""})


def close_in(case: Case, text: str) -> None:
    """Closed here is closed there, with the word to its reporter. One that is closed there already stays as it is."""
    report, remote = case.report, case.report.remote
    if remote is None or not remote.is_open or not takes(report, Kind.STATE):
        return
    body = {"state": CLOSES_AS[State(report.state)], "text": text}
    first = report.duplicate_of.remote if report.duplicate_of is not None else None
    if first is not None and first.platform_id == remote.platform_id:
        body["original"] = first.external_id
    _want_in(case, Kind.STATE, body)


def needs_word(report: Report, as_: str) -> bool:
    """Does the platform close it so only with a word to its reporter?"""
    remote = report.remote
    return remote is not None and remote.is_open and takes(report, Kind.STATE) and CLOSES_AS[State(as_)] in NEEDS_WORD


def reopen_in(case: Case) -> None:
    """Open again, if it was closed there."""
    remote = case.report.remote
    if remote is not None and not remote.is_open and takes(case.report, Kind.STATE):
        _want_in(case, Kind.STATE, {"state": "new", "text": ""})


def rated_in(case: Case) -> None:
    """Severity and tier, as far as they differ from what stands there."""
    report, remote = case.report, case.report.remote
    if remote is None:
        return
    if takes(report, Kind.SEVERITY) and (remote.severity, remote.vector) != (report.severity, report.vector):
        _want_in(case, Kind.SEVERITY, {"severity": report.severity, "vector": report.vector})
    if report.tier and takes(report, Kind.TIER) and remote.tier != report.tier:
        _want_in(case, Kind.TIER, {"tier": report.tier})


def tracked_in(case: Case, address: str) -> None:
    """Where its tracking issue is."""
    remote = case.report.remote
    if remote is not None and remote.reference != address and takes(case.report, Kind.REFERENCE):
        _want_in(case, Kind.REFERENCE, {"reference": address})


def ineligible_in(case: Case) -> None:
    """No bounty, there too."""
    remote = case.report.remote
    if remote is not None and not remote.ineligible and takes(case.report, Kind.INELIGIBLE):
        _want_in(case, Kind.INELIGIBLE, {})


def _want_in(case: Case, kind: str, body: Mapping[str, object]) -> Write:
    assert case.report.remote is not None
    return want_in(case.report.remote, kind, body, person_id=case.person.id if case.person is not None else None, now=case.now)
