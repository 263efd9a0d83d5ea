"""Where a runbook is shown, as the form of the pages has it: services of its team by name, and conditions as lines."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import QueryDict

from watchbill.incidents.models import Service
from watchbill.intake.rules import conditions_of
from watchbill.intake.rules.matching import is_pattern, problem
from watchbill.kernel.errors import Invalid
from watchbill.people.models import Team
from watchbill.runbooks.actions import At
from watchbill.runbooks.models import Place

LONGEST_WHEN = 2000


def places_in(sent: QueryDict, team: Team) -> tuple[At, ...]:
    """Every chosen service, and those alone whose alerts fit where conditions are given. Raises Invalid with a sentence."""
    names = [name for name in sent.getlist("service") if name]
    services = {row.name: row.pk for row in Service.objects.filter(team=team)}
    if missing := [name for name in names if name not in services]:
        raise Invalid(f"{team.name} has no service called {missing[0][:100]!r}.", field="service")
    when = _when(sent.get("when", ""))
    if names:
        return tuple(At(services[name], when) for name in dict.fromkeys(names))
    return (At(None, when),) if when else ()


def _when(text: str) -> dict[str, str]:
    if len(text) > LONGEST_WHEN or "\0" in text:
        raise Invalid(f"The conditions have {len(text)} characters; keep them under {LONGEST_WHEN}.", field="when")
    try:
        found = conditions_of([line for line in text.splitlines() if line.strip()])
    except ValueError as error:
        raise Invalid(str(error), field="when") from error
    for field, value in found.items():
        if is_pattern(value) and (why := problem(value)):
            raise Invalid(f"{field}: the pattern {value[:100]} cannot be used: {why}.", field="when")
    return found


def typed_of(places: Sequence[Place]) -> tuple[set[int], str]:
    """The services that are ticked, and the lines of conditions."""
    services = {each.service_id for each in places if each.service_id is not None}
    when = places[0].when if places else {}
    return services, "\n".join(f"{field}={value}" for field, value in when.items())


def words_of(places: Sequence[Place]) -> list[str]:
    """Where it is shown, in words; one line each."""
    names = dict(Service.objects.filter(pk__in=[each.service_id for each in places if each.service_id]).values_list("id", "name"))
    found = []
    for each in places:
        where = (
            f"alerts of {names.get(each.service_id, 'a service that is gone')}" if each.service_id else "alerts of any service of the team"
        )
        fits = " and ".join(f"{field} {value}" for field, value in each.when.items())
        found.append(f"{where}{f' with {fits}' if fits else ''}")
    return found
