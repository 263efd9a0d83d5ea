"""May this person do that, and does the answer say why?"""

from __future__ import annotations

import pytest

from watchbill.people.permissions import ON_REPORTS, SCOPE_OF, SCOPES, Decision, Verb, Viewer, decide, explain, holds

TEAM, OTHER = 1, 2
RESPONDER = {Verb.ACKNOWLEDGE, Verb.RESPOND, Verb.COVER, Verb.SEE_REPORTS, Verb.WORK_REPORTS}
MANAGER = {*RESPONDER, Verb.AGREE_FOR, Verb.TIME_OFF, Verb.ENGAGE, Verb.AUDIT}
BY_ROLE = [
    # role in the team, verbs that it opens beside what everybody may
    ("", set()),
    ("viewer", set()),
    ("responder", RESPONDER),
    ("manager", MANAGER),
    ("admin", {*MANAGER, Verb.CONFIGURE}),
]
EVERYBODY = {Verb.SEE, Verb.PAGE, Verb.SEE_SCHEDULES, Verb.SEND_EVENTS}


def viewer(role: str = "", **more: object) -> Viewer:
    return Viewer(person_id=7, handle="ada", roles={TEAM: role} if role else {}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "opens"), BY_ROLE)
@pytest.mark.parametrize("verb", list(Verb))
def test_a_role_opens_exactly_what_the_table_says(role: str, opens: set[Verb], verb: Verb) -> None:
    decision = decide(viewer(role), verb, team_id=TEAM)
    assert decision.allowed == (verb in opens | EVERYBODY), decision.why
    assert decision.why.startswith("ada ")
    assert decision.why.endswith(".")


@pytest.mark.parametrize("verb", sorted(set(Verb) - EVERYBODY))
def test_a_role_in_another_team_opens_nothing_here(verb: Verb) -> None:
    assert decide(viewer("admin"), verb, team_id=OTHER) == Decision(False, decide(viewer("admin"), verb, team_id=OTHER).why)


@pytest.mark.parametrize("verb", list(Verb))
def test_whoever_administers_the_installation_may_do_everything_unrestricted(verb: Verb) -> None:
    assert decide(viewer(is_admin=True), verb, team_id=TEAM).allowed is (verb not in ON_REPORTS)


@pytest.mark.req("R8")
@pytest.mark.parametrize("verb", sorted(ON_REPORTS))
def test_reports_are_need_to_know(verb: Verb) -> None:
    assert "need-to-know" in decide(viewer(is_admin=True), verb, team_id=TEAM).why
    assert decide(viewer(), verb, team_id=TEAM, has_access=True).why == "ada was named on it."
    assert not decide(viewer("responder", is_active=False), verb, team_id=TEAM, has_access=True).allowed


@pytest.mark.req("G7", "G21")
@pytest.mark.parametrize(
    ("who", "facts", "allowed"),
    [
        (viewer("responder"), {}, True),  # any responder of the team
        (viewer(), {"notified": True}, True),  # anybody who was notified
        (viewer("manager"), {}, True),  # any manager
        (viewer(), {"manages": True}, True),  # who stands on the managers' schedule without a role
        (viewer("viewer"), {}, False),
        (viewer("viewer"), {"notified": True}, True),
        (viewer(), {}, False),
        (viewer("responder", is_active=False), {"notified": True}, False),
    ],
)
def test_who_may_acknowledge(who: Viewer, facts: dict[str, bool], allowed: bool) -> None:
    assert decide(who, Verb.ACKNOWLEDGE, team_id=TEAM, **facts).allowed is allowed


def test_having_been_notified_does_not_make_a_manager() -> None:
    assert not decide(viewer(), Verb.ENGAGE, team_id=TEAM, notified=True).allowed
    assert decide(viewer(), Verb.ENGAGE, team_id=TEAM, manages=True).allowed


@pytest.mark.parametrize("verb", [Verb.SEE, Verb.ACKNOWLEDGE, Verb.RESPOND, Verb.ENGAGE])
@pytest.mark.parametrize("who", [viewer("admin"), viewer("manager"), viewer(is_admin=True), viewer("responder")])
@pytest.mark.parametrize("has_access", [None, False])
def test_no_role_and_no_administrator_opens_a_restricted_case(verb: Verb, who: Viewer, has_access: bool | None) -> None:
    decision = decide(who, verb, team_id=TEAM, restricted=True, has_access=has_access, notified=True, manages=True)
    assert not decision.allowed
    assert "restricted" in decision.why


@pytest.mark.parametrize(("verb", "allowed"), [(Verb.SEE, True), (Verb.RESPOND, True), (Verb.ACKNOWLEDGE, True), (Verb.ENGAGE, False)])
def test_access_opens_a_restricted_case_without_any_role(verb: Verb, allowed: bool) -> None:
    assert decide(viewer(), verb, team_id=TEAM, restricted=True, has_access=True).allowed is allowed


@pytest.mark.parametrize("verb", list(Verb))
def test_a_token_needs_the_scope_of_the_verb(verb: Verb) -> None:
    mighty = {"is_admin": True, "role": "admin"}
    others = frozenset(SCOPES) - {SCOPE_OF[verb], SCOPE_OF[verb].replace(":read", ":write")}
    assert decide(viewer(**mighty, scopes=frozenset({SCOPE_OF[verb]})), verb, team_id=TEAM).allowed
    refused = decide(viewer(**mighty, scopes=others), verb, team_id=TEAM)
    assert not refused.allowed
    assert SCOPE_OF[verb] in refused.why


def test_a_scope_opens_nothing_that_its_person_may_not() -> None:
    assert not decide(viewer(scopes=frozenset(SCOPES)), Verb.ADMINISTER).allowed
    assert not decide(viewer("viewer", scopes=frozenset(SCOPES)), Verb.RESPOND, team_id=TEAM).allowed


@pytest.mark.parametrize(
    ("scopes", "needed", "held"),
    [
        (None, "admin", True),
        (frozenset(), "incidents:read", False),
        (frozenset({"incidents:write"}), "incidents:read", True),
        (frozenset({"incidents:read"}), "incidents:write", False),
        (frozenset({"schedules:write"}), "incidents:read", False),
        (frozenset({"admin"}), "incidents:read", False),
    ],
)
def test_a_scope_to_write_includes_reading(scopes: frozenset[str] | None, needed: str, held: bool) -> None:
    assert holds(scopes, needed) is held


def test_without_a_team_the_highest_role_counts() -> None:
    manager_elsewhere = Viewer(person_id=7, handle="ada", roles={TEAM: "viewer", OTHER: "manager"})
    assert decide(manager_elsewhere, Verb.AUDIT).allowed
    assert not decide(manager_elsewhere, Verb.AUDIT, team_id=TEAM).allowed


def test_the_page_that_explains_has_a_sentence_for_every_verb() -> None:
    explained = explain(viewer("responder"), team_id=TEAM)
    assert set(explained) == set(Verb)
    assert explained[Verb.RESPOND].why == "ada is a responder of this team."
    assert explained[Verb.CONFIGURE].why == "ada is a responder of this team; it takes an admin of this team."
    assert (
        decide(viewer(), Verb.RESPOND, team_id=TEAM).why
        == "ada has no role in this team and was not notified; it takes a responder of this team."
    )
