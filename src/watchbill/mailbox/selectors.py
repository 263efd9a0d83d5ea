"""Which threads may this viewer know of? Those of mailboxes of teams whose reports they know of, and of no report that is kept from them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Func, IntegerField, Q, QuerySet

from watchbill.intake.models import Mailbox
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound
from watchbill.mailbox.models import BOARD, Entry, Letter, Thread
from watchbill.mailbox.rules import Facts
from watchbill.people.models import Membership, Person
from watchbill.people.permissions import NEEDS, RANK, SCOPE_OF, Verb, Viewer, decide, holds

LARGEST = 2**63 - 1
ADDRESS = re.compile(r"[!#-'*+./0-9=?A-Z^_`a-z{|}~-]{1,64}@[A-Za-z0-9.-]{1,250}")
PAGE, LAST_PAGE = 50, 200
MOST_LETTERS = 200  # of one page: the newest
KNOWING = tuple(role for role, rank in RANK.items() if rank >= RANK[NEEDS[Verb.SEE_REPORTS]])
VIEWS = {"open": "Open", "mine": "Mine", "late": "Not followed up", "done": "Done with", "spam": "Spam", "all": "All but spam"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list. `next`: the number of the following one, 0 for none."""

    threads: list[Thread]
    next: int


def teams_of(viewer: Viewer) -> list[int]:
    """The teams whose mailboxes they read."""
    if not viewer.is_active or not holds(viewer.scopes, SCOPE_OF[Verb.SEE_REPORTS]):
        return []
    return [team_id for team_id in viewer.roles if decide(viewer, Verb.SEE_REPORTS, team_id=team_id).allowed]


def visible_to(viewer: Viewer) -> QuerySet[Thread]:
    """Through the wall of the mailbox's team, and through that of the report which was made of it."""
    teams = teams_of(viewer)
    named = Thread.objects.filter(report__members__person_id=viewer.person_id, report__members__ended_at__isnull=True).values("pk")
    known = Q(report=None) | Q(report__circle="team", report__team_id__in=teams) | Q(pk__in=named)
    return Thread.objects.filter(known, mailbox__team_id__in=teams)


def by_number(viewer: Viewer, number: int) -> Thread:
    """Raises NotFound alike for one that does not exist and one that they must not learn of."""
    rows = visible_to(viewer).select_related("mailbox__team", "accountable", "duplicate_of", "report")
    found = rows.filter(number=number).first() if 0 < number <= LARGEST else None
    if found is None:
        raise NotFound(f"There is no thread M-{number} here. Look at the list of mail for the number.")
    return found


def may_work(viewer: Viewer, thread: Thread) -> None:
    """Raises NotAllowed with the reason where they may only look."""
    decision = decide(viewer, Verb.WORK_REPORTS, team_id=thread.mailbox.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def search(viewer: Viewer, *, view: str = "open", mailbox: str = "", text: str = "", page: int = 1, now: object = None) -> Page:
    """What must be followed up first stands first. Raises Invalid for a view or page that does not exist."""
    if view not in VIEWS or not 1 <= page <= LAST_PAGE:
        raise Invalid(f"view is {view[:40]!r}; it can be {', '.join(VIEWS)}; pages go from 1 to {LAST_PAGE}.", field="view")
    rows = visible_to(viewer)
    if mailbox:
        rows = rows.filter(mailbox__name=mailbox)
    if text:
        number = text.strip().upper().removeprefix("M-")
        is_number = number.isascii() and number.isdigit() and len(number) < 19
        rows = rows.filter(Q(subject__icontains=text) | Q(sender__icontains=text) | (Q(number=int(number)) if is_number else Q(pk=None)))
    state = Thread.State
    narrowed = {
        "open": Q(state=state.OPEN),
        "mine": Q(state=state.OPEN, accountable_id=viewer.person_id),
        "late": Q(state=state.OPEN, due_at__lt=now),
        "done": Q(state__in=[state.NO_ACTION, state.COMPLETED, state.DUPLICATE]),
        "spam": Q(state=state.SPAM),
        "all": ~Q(state=state.SPAM),
    }[view]
    start = (page - 1) * PAGE
    ordered = in_order(rows.filter(narrowed))
    found = list(ordered.select_related("mailbox", "accountable", "report")[start : start + PAGE + 1])
    return Page(found[:PAGE], page + 1 if len(found) > PAGE and page < LAST_PAGE else 0)


def in_order(rows: QuerySet[Thread]) -> QuerySet[Thread]:
    """What must be followed up first; then whoever wrote last."""
    return rows.order_by(*BOARD)


def mailboxes_of(viewer: Viewer) -> list[Mailbox]:
    """The mailboxes for reports whose threads they may see, in the file's order."""
    rows = Mailbox.objects.filter(team_id__in=teams_of(viewer), is_active=True, purposes__contains=["reports"])
    return list(rows.order_by("position", "name"))


def facts_of(thread: Thread) -> Facts:
    """What the rules ask of it."""
    return Facts(str(thread.state), has_report(thread), thread.closed_at if thread.state == Thread.State.SPAM else None)


def has_report(thread: Thread) -> bool:
    """Did it become a report?"""
    return getattr(thread, "report", None) is not None


def why_no_answer(thread: Thread, *, by_itself: bool = False) -> str:
    """Why no mail leaves for it, in a sentence; empty when one can. `by_itself`: the mailbox's own word for that has been read."""
    if "answer" not in thread.mailbox.writes and not by_itself:
        return f"Nothing leaves by the mailbox {thread.mailbox.name}: the configuration file does not say `writes: [answer]`."
    if thread.automatic:
        return "A machine began it. It is never answered from here."
    if not ADDRESS.fullmatch(thread.sender):
        return "It names no single address to answer to."
    return ""


def letters(thread: Thread) -> list[Letter]:
    """The newest of it, oldest first, without what came as bytes."""
    rows = Letter.objects.filter(thread=thread).select_related("author").defer("raw").order_by("-id")[:MOST_LETTERS]
    return list(rows)[::-1]


def letter_of(viewer: Viewer, number: int, letter_id: int) -> Letter:
    """One letter, as it came. Raises NotFound."""
    thread = by_number(viewer, number)
    rows = Letter.objects.select_related("thread__mailbox").filter(thread=thread, pk=letter_id, raw__isnull=False)
    found = rows.first() if 0 < letter_id <= LARGEST else None
    if found is None:
        raise NotFound("There is no such mail in this thread. Open the thread and choose one.")
    return found


def behind(viewer: Viewer, thread_id: int | None) -> tuple[Thread, int] | None:
    """The thread of which a report was made, and how much is attached there; None where they may not know of it."""
    thread = visible_to(viewer).filter(pk=thread_id).first() if thread_id is not None else None
    if thread is None:
        return None
    lengths = Letter.objects.filter(thread=thread).values_list(Func("files", function="jsonb_array_length", output_field=IntegerField()))
    return thread, sum(length for (length,) in lengths[:MOST_LETTERS])


def story(thread: Thread) -> list[Entry]:
    """The newest lines first."""
    return list(Entry.objects.filter(thread=thread).select_related("person").order_by("-id")[:MOST_LETTERS])


def workers_of(thread: Thread) -> list[Person]:
    """Whoever may be accountable for it, by name."""
    members = Membership.objects.filter(team_id=thread.mailbox.team_id, role__in=KNOWING).values("person_id")
    return list(Person.objects.filter(pk__in=members, is_active=True).order_by("name"))
