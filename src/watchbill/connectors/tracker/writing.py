"""One try to have a tracking issue say what is true: what is read for it, what is written, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from watchbill.connectors.failures import Failure, PermanentFailure, UnknownEnd
from watchbill.connectors.tracker import Client
from watchbill.connectors.tracker.handing import handoff_comment
from watchbill.connectors.tracker.words import neutral, said
from watchbill.connectors.wire import RateLimited
from watchbill.handoff.models import Handoff
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import in_a_line
from watchbill.notifications.rules import Outcome
from watchbill.people.models import Person
from watchbill.trackers.actions.wanting import SWITCH
from watchbill.trackers.messages import Claim, Draft, Found, Target, Written
from watchbill.trackers.models import Link
from watchbill.trackers.rules.words import RANK, mark
from watchbill.trackers.selectors import Settings

LONGEST_TITLE = 250  # GitLab takes 255


def prepare(tracker: Settings, claim: Claim) -> Target:
    """Read what is true now. Two queries, three for a hand-off."""
    link = Link.objects.select_related("issue").get(pk=claim.link_id)
    if link.draft is not None or link.incident_id is None:
        return _of_its_own(tracker, claim, link, link.draft or {})
    incident = Incident.objects.select_related("team", "service", "owner", "acting").get(pk=link.incident_id)
    who = _whose(incident) if claim.kind == "assign" else None
    user = tracker.user_of(who.handle) if who is not None else ""
    prefix = (incident.team.issue or {}).get("severity_label", "")
    severity = {f"{prefix}{word}" for word in RANK} if prefix and not incident.restricted else set()
    own = (f"{prefix}{incident.severity}",) if severity else ()
    issue = link.issue
    comment, open_to_all = _comment(claim, link, incident) if claim.kind == "comment" else ("", False)
    return Target(
        link_id=link.id,
        project=link.project,
        number=issue.number if issue else None,
        writes=tracker.writes,
        open=incident.status != Incident.Status.RESOLVED,
        assignees=(user,) if user else None,
        draft=_draft(claim, link, incident, own) if claim.kind == "create" else None,
        now_open=issue is None or issue.state == "open",
        now_assignees=tuple(issue.assignees) if issue else (),
        now_labels=tuple(issue.labels) if issue else (),
        labels=own,
        labels_gone=tuple(sorted(severity - set(own))),
        changes=issue.changes if issue else False,
        comment=comment,
        open_to_all=open_to_all,
    )


def _of_its_own(tracker: Settings, claim: Claim, link: Link, told: Mapping[str, Any]) -> Target:
    """An issue about no incident: made once; what it follows is kept true there, else it is left to whoever works with it."""
    address, about = f"{settings.PUBLIC_URL}{told['path']}", f", on {said(told['about'])}" if told["about"] else ""
    text = f"{mark(claim.public_id)}\n{told['kind']}, written down by {said(told['by'])}{about}:\n\n{neutral(told['text'])}\n\n{address}\n"
    title = " ".join(in_a_line(told.get("title") or told["text"]).split())[:LONGEST_TITLE] or told["kind"]
    labels = tuple(told.get("labels") or ())
    draft = Draft(title, text, tuple(dict.fromkeys([*link.labels, *labels])), link.confidential)
    issue, user = link.issue, tracker.user_of(told.get("assignee") or "")
    entry = claim.entry or {}
    words = f"{mark(claim.public_id)}\n{said(entry.get('name', ''))}, {address}:\n\n{neutral(entry.get('text', ''))}\n"
    return Target(
        link.id,
        link.project,
        issue.number if issue else None,
        tracker.writes,
        open=bool(told.get("open", True)),
        assignees=(user,) if user else None,
        draft=draft,
        now_open=issue is None or issue.state == "open",
        now_assignees=tuple(issue.assignees) if issue else (),
        now_labels=tuple(issue.labels) if issue else (),
        labels=labels,
        labels_gone=tuple(told.get("gone") or ()),
        open_to_all=issue is not None and link.confidential and not issue.confidential,
        comment=words if claim.kind == "comment" else "",
    )


def perform(client: Client, claim: Claim, target: Target) -> Written:
    """Write it, or learn that it is so already."""
    if SWITCH[claim.kind] not in target.writes:
        return Written(claim, Outcome.DELIVERED, nothing=True)  # switched off since it was asked for
    try:
        made = _write(client, claim, target)
    except RateLimited as error:
        return Written(claim, Outcome.TEMPORARY, str(error), retry_after=error.retry_after)
    except PermanentFailure as error:
        return Written(claim, Outcome.PERMANENT, str(error))
    except UnknownEnd as error:
        return Written(claim, Outcome.UNKNOWN, str(error))
    except Failure as error:
        return Written(claim, Outcome.TEMPORARY, str(error))
    state = ("open" if target.open else "closed") if claim.kind == "state" else ""
    return Written(claim, Outcome.DELIVERED, made=made, state=state, assignees=target.assignees if claim.kind == "assign" else None)


def _write(client: Client, claim: Claim, target: Target) -> Found | None:
    if claim.kind == "create":
        return _create(client, claim, target)
    assert target.number is not None
    at = (target.project, target.number)
    if claim.kind == "comment":
        if target.comment and target.open_to_all:
            raise PermanentFailure("It was not written there: the issue is not confidential, and was not made for this.")
        if target.comment and not (claim.again and client.find_comment(*at, claim.public_id, claim.created_at, changes=target.changes)):
            client.comment(*at, target.comment, changes=target.changes)
    elif claim.kind == "assign":
        if target.assignees is not None and set(target.assignees) != set(target.now_assignees):
            client.assign(*at, target.assignees, target.now_assignees, changes=target.changes)
    elif claim.kind == "state":
        if target.open != target.now_open:
            client.set_open(*at, is_open=target.open, changes=target.changes)
    elif claim.kind == "label":
        add = [label for label in target.labels if label not in target.now_labels]
        remove = [label for label in target.labels_gone if label in target.now_labels]
        if add or remove:
            client.relabel(*at, add, remove, changes=target.changes)
    return None


def _create(client: Client, claim: Claim, target: Target) -> Found | None:
    """Made before, by a try whose answer was lost: that one is it."""
    assert target.draft is not None
    if target.number is not None:
        return None
    found = client.find_created(target.project, claim.public_id, claim.created_at) if claim.again else None
    return found or client.create(target.project, target.draft)


def _draft(claim: Claim, link: Link, incident: Incident, labels: tuple[str, ...]) -> Draft:
    """Number, severity and a link; of a restricted incident its code name, and nothing that tells what it is."""
    address = f"{settings.PUBLIC_URL}/incidents/{incident.number}"
    first = mark(claim.public_id)
    if incident.restricted:
        return Draft(
            incident.code_name, f"{first}\nA restricted incident. Whoever may see it finds it here: {address}\n", tuple(link.labels), True
        )
    service = f" of the service {said(incident.service.name)}" if incident.service else ""
    text = (
        f"{first}\nIncident [#{incident.number}]({address}) of {said(incident.team.name)}{service}: severity {incident.severity}, "
        f"opened {incident.opened_at:%Y-%m-%d %H:%M} UTC.\n\nWho has it, what happens next and its story: {address}\n"
    )
    title = " ".join(in_a_line(incident.title).split())[:LONGEST_TITLE] or f"Incident #{incident.number}"
    return Draft(title, text, tuple(dict.fromkeys([*link.labels, *labels])), link.confidential)


def _whose(incident: Incident) -> Person | None:
    """To whom the issue is assigned: whoever works on it; where the team says so, already whoever it is offered to."""
    if incident.team.assignee_moves == "offer":
        offer = Handoff.objects.filter(incident=incident, state=Handoff.State.OFFERED).select_related("receiver").first()
        if offer is not None and offer.receiver is not None:
            return offer.receiver
    return incident.acting or incident.owner


def _comment(claim: Claim, link: Link, incident: Incident) -> tuple[str, bool]:
    """(the comment; may everybody read it there who should not?). Of a restricted incident no note, and of a hand-off that it was."""
    entry = claim.entry or {}
    public = link.issue is not None and not link.issue.confidential
    exposed = public and (link.confidential or link.origin == Link.Origin.PROMOTED)
    if "handoff" not in entry:
        return ("" if incident.restricted else _note(claim, incident)), exposed
    row = Handoff.objects.select_related("giver", "receiver", "incident").get(pk=entry["handoff"])
    return f"{mark(claim.public_id)}\n{handoff_comment(row, in_short=incident.restricted or exposed)}", public and incident.restricted


def _note(claim: Claim, incident: Incident) -> str:
    """A note as a comment: who wrote it here, and its words as a quotation."""
    entry = claim.entry or {}
    address = f"{settings.PUBLIC_URL}/incidents/{incident.number}"
    by = Person.objects.filter(pk=entry.get("by") or 0).values_list("name", flat=True).first() or "The desk"
    return f"{mark(claim.public_id)}\n{said(by)} on [#{incident.number}]({address}):\n\n{neutral(entry.get('text', ''))}\n"
