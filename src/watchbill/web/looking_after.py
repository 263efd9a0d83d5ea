"""Whose page is this? One's own, or that of somebody whose team the visitor manages."""

from __future__ import annotations

from watchbill.kernel.errors import NotAllowed
from watchbill.people.models import Membership, Person
from watchbill.response.absence import may_keep
from watchbill.web.visit import Visit

MOST = 200


def whose(visit: Visit, handle: str, *, otherwise: str) -> Person:
    """The person that the address names, or the visitor. `otherwise`: what they may do in any case, said to whoever is refused."""
    if not handle or handle == visit.person.handle:
        return visit.person
    person = Person.objects.filter(handle=handle).first()
    decision = may_keep(visit.viewer, person, now=visit.now) if person else None
    if person is None or decision is None or not decision.allowed:
        raise NotAllowed(f"{otherwise} {decision.why if decision else 'There is nobody of that handle.'}")
    return person


def looked_after(visit: Visit) -> list[Person]:
    """Everybody besides themselves: members of the teams that they manage by their role."""
    teams = [team_id for team_id, role in visit.viewer.roles.items() if role in ("manager", "admin")]
    people = Person.objects.filter(is_active=True).exclude(pk=visit.person.pk).order_by("name")
    if not visit.viewer.is_admin:
        people = people.filter(pk__in=Membership.objects.filter(team__in=teams).values("person"))
    return list(people[:MOST])
