"""One try to have a message say what is true: what is read for it, what is written, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
from dataclasses import dataclass

from watchbill.connectors.chat import Client, Lost, Place, RateLimited
from watchbill.connectors.chat.cards import Card, cards_of, notice_card
from watchbill.connectors.failures import Failure, PermanentFailure, UnknownEnd
from watchbill.incidents.models import Access, Incident, Participant
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.messages import AS_SENT, Claim, Posted
from watchbill.notifications.chats.models import Posting
from watchbill.notifications.chats.selectors import Settings, users_of
from watchbill.notifications.rules import Outcome

LONGEST = 30.0  # seconds of one try with all its requests: half a lease


@dataclass(frozen=True, slots=True)
class Task:
    """What a try needs, read after it was claimed. `known_place`: the channel's id, learnt from another message there."""

    card: Card
    users: tuple[str, ...] = ()
    known_place: str = ""
    others: tuple[Card, ...] = ()  # of a direct message about several
    over: bool = False  # what it says is past

    @property
    def cards(self) -> tuple[Card, ...]:
        return (self.card, *self.others)

    @property
    def digest(self) -> str:
        """Equal for messages that say the same."""
        return hashlib.sha256("".join(card.digest for card in self.cards).encode()).hexdigest() if self.others else self.card.digest


@dataclass(slots=True)
class _Here:
    """How far a try has come: a message that was posted stays known, whatever fails after that."""

    channel: str
    message: str
    name: str = ""
    link: str = ""


def prepare(chat: Settings, claim: Claim) -> Task:
    """Read what is true now. Three queries; six for a channel of its own."""
    if claim.notice is not None:
        return Task(
            notice_card(claim.notice), known_place=_known(claim), over=dt.datetime.fromisoformat(claim.notice["until"]) < database_now()
        )
    cards = cards_of([claim.incident_id, *claim.also])
    card = cards[claim.incident_id]
    if claim.direct:
        return Task(card, others=tuple(cards[other] for other in claim.also if other in cards))
    if claim.room:
        return Task(card, tuple(users_of(chat, _engaged(claim))))
    return Task(card, known_place=_known(claim))


def _known(claim: Claim) -> str:
    """The channel's id, where another message there has it and this one has none."""
    known = Posting.objects.filter(chat_id=claim.chat_id, channel=claim.channel, room=False).exclude(place="")
    return "" if claim.place else known.values_list("place", flat=True).first() or ""


def _engaged(claim: Claim) -> list[int]:
    """Who belongs into the channel of an incident. Of a restricted one: only who may see it."""
    incident = Incident.objects.get(pk=claim.incident_id)
    people = [claim.asked_by, incident.owner_id, incident.acting_id]
    people += Participant.objects.filter(incident=incident).order_by("id").values_list("person_id", flat=True)
    ids = [each for each in dict.fromkeys(people) if each is not None]
    if incident.restricted:
        allowed = set(Access.objects.filter(incident=incident, person_id__in=ids, ended_at=None).values_list("person_id", flat=True))
        ids = [each for each in ids if each in allowed]
    return ids


async def deliver(client: Client, chat: Settings, claim: Claim, task: Task) -> Posted:
    """Write the message, or learn that it says so already."""
    here = _Here(claim.place, claim.message)

    def ended(outcome: Outcome, detail: str = "", retry: RateLimited | None = None) -> Posted:
        after = retry.retry_after if retry else None
        return Posted(claim, outcome, detail, here.channel, here.message, task.digest, here.link, here.name, after)

    try:
        if why := chat.why_not:
            raise PermanentFailure(why)
        if task.over and not claim.message:
            raise PermanentFailure("What it says is past.")
        async with asyncio.timeout(LONGEST):
            await _write(client, chat, claim, task, here)
    except RateLimited as error:
        return ended(Outcome.TEMPORARY, str(error), error)
    except PermanentFailure as error:
        return ended(Outcome.PERMANENT, str(error))
    except (UnknownEnd, TimeoutError) as error:
        return ended(Outcome.UNKNOWN, str(error) or f"No answer within {LONGEST:g} s.")
    except Failure as error:
        return ended(Outcome.TEMPORARY, str(error))
    return ended(Outcome.DELIVERED)


async def _write(client: Client, chat: Settings, claim: Claim, task: Task, here: _Here) -> None:
    if here.message:
        if _says_so(claim, task) or "update" not in chat.writes:
            return
        try:
            await _edit(client, Place(here.channel, here.message), claim, task)
            if claim.doubt or not claim.digest:  # an earlier try may have arrived after all
                await _take_away(client, here, await client.find(here.channel, claim.public_id, claim.created_at))
            return
        except Lost:
            here.message = ""  # somebody deleted it: it is posted again
    if claim.direct:
        return  # whoever deleted their own page wants it no more
    if claim.room and not here.channel:
        room = await client.open_room(claim.channel, task.card, task.users, private=task.card.restricted)
        here.channel, here.name, here.link = room.channel, room.name, room.link
    where = here.channel or task.known_place or claim.channel
    found = await client.find(where, claim.public_id, claim.created_at) if claim.again else []
    if found:
        here.channel, here.message = found[0].channel, found[0].message
        await client.edit(found[0], task.card, claim.public_id)
        await _take_away(client, here, found)
        return
    posted = await client.post(here.channel or claim.channel, task.card, claim.public_id)
    here.channel, here.message = posted.channel or here.channel, posted.message


def _says_so(claim: Claim, task: Task) -> bool:
    """Is the message true as it stands? What a notification said stays, as long as nobody has any of it."""
    if claim.doubt:
        return False
    return task.digest == claim.digest or (claim.digest == AS_SENT and all(card.state == "triggered" for card in task.cards))


async def _edit(client: Client, place: Place, claim: Claim, task: Task) -> None:
    if task.others:
        await client.edit_list(place, task.cards, claim.public_id)
    else:
        await client.edit(place, task.card, claim.public_id)


async def _take_away(client: Client, here: _Here, found: list[Place]) -> None:
    """Copies of the message, by tries whose answers were lost."""
    for copy in found:
        if copy.message != here.message:
            with contextlib.suppress(PermanentFailure):
                await client.remove(copy)
