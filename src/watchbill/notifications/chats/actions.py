"""Messages in channels: asked for, due when their incident changes, claimed under a lease, recorded. And who is who, proved by a link.

At least once, the latest state only: `changed_in` counts up what is wanted, a claim notes the count, what is sent is read after that, and
a success records the count that was noted. A message of a dead engine is free at once, of a frozen one after a minute.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.crypto import get_random_string

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus, leases
from watchbill.kernel.errors import NotFound, Refused
from watchbill.notifications.actions.contacts import BY_ACCOUNT
from watchbill.notifications.actions.outbox import fetch, run
from watchbill.notifications.chats.messages import AS_SENT, Claim, Direct, Notice, PostAsk, Posted, Said
from watchbill.notifications.chats.models import LINK, Chat, ChatLink, ChatName, Heard, Posting
from watchbill.notifications.chats.rules import after_post
from watchbill.notifications.chats.selectors import Settings, person_of, settings_of
from watchbill.notifications.models import Contact
from watchbill.notifications.rules import Outcome
from watchbill.people.models import Person

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=60)
SOON = dt.timedelta(seconds=1)
LINK_LIVES = dt.timedelta(minutes=10)
REMEMBERED = dt.timedelta(days=1)  # requests of a chat: it repeats within minutes
DIED_AFTER = dt.timedelta(seconds=10)  # whoever had a request in hand for so long and said nothing is not there any more
SALT = "watchbill.notifications.chats.link"
PROVES = re.compile(r"https?://[^\s\"\\<>]*/chat/link/[^\s\"\\<>]+")

ASK = """
INSERT INTO notifications_posting (public_id, incident_id, chat_id, channel, room, wanted, shown, due_at, place, message, digest, tries, doubt,
    error, given_up, created_at)
SELECT gen_random_uuid(), r.incident, c.id, r.channel, false, 1, 0, %s, '', '', '', 0, false, '', false, %s
FROM (SELECT DISTINCT incident, chat, channel FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS asked(incident, chat, channel)) AS r
JOIN notifications_chat c ON c.name = r.chat AND c.is_active
ORDER BY r.incident, c.id, r.channel
ON CONFLICT (incident_id, chat_id, channel) WHERE NOT room DO NOTHING
"""

CHANGED = """
UPDATE notifications_posting p SET wanted = wanted + 1, given_up = false, due_at = least(coalesce(p.due_at, %s), %s)
FROM (SELECT id FROM notifications_posting WHERE incident_id = ANY(%s) OR also && %s::bigint[] ORDER BY id FOR NO KEY UPDATE)
  AS mine WHERE mine.id = p.id
"""

AGAIN = """
UPDATE notifications_posting SET due_at = %(now)s, given_up = false, tries = 0,
  notice = CASE WHEN notice IS NULL THEN NULL ELSE jsonb_set(notice, '{until}', to_jsonb(%(until)s::text)) END
WHERE lease_instance IS NULL AND error <> '' AND (id = ANY(%(ids)s) OR incident_id = %(incident)s)
"""

HOLDERS = "SELECT DISTINCT lease_instance FROM notifications_posting WHERE due_at <= %s AND lease_instance IS NOT NULL"

CLAIM = """
UPDATE notifications_posting p SET lease_instance = %s, lease_until = %s, tries = tries + 1
FROM (SELECT id, lease_instance IS NOT NULL AS lost FROM notifications_posting
  WHERE due_at <= %s AND chat_id = ANY(%s) AND (lease_instance IS NULL OR lease_until < %s OR lease_instance = ANY(%s))
  ORDER BY due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED) AS due
WHERE due.id = p.id
RETURNING p.id, p.public_id::text, coalesce(p.incident_id, 0), p.chat_id, p.channel, p.room, p.asked_by_id, p.wanted, p.place, p.message, p.digest, p.tries,
  p.doubt OR due.lost, p.tries > 1 OR due.lost, p.created_at, p.notification_id IS NOT NULL, coalesce(p.also, '{}'), p.notice
"""

RECORD = """
UPDATE notifications_posting p SET lease_instance = NULL, lease_until = NULL, due_at = r.due_at, doubt = r.doubt, error = r.error,
  given_up = r.given_up, tries = CASE WHEN r.done THEN 0 WHEN r.waits THEN p.tries - 1 ELSE p.tries END,
  shown = CASE WHEN r.done THEN r.wanted ELSE p.shown END, digest = CASE WHEN r.done THEN r.digest ELSE p.digest END,
  place = CASE WHEN r.place <> '' THEN r.place ELSE p.place END, message = r.message,
  channel = CASE WHEN r.channel <> '' THEN r.channel ELSE p.channel END,
  posted_at = CASE WHEN r.done AND p.posted_at IS NULL THEN %s ELSE p.posted_at END
FROM json_to_recordset(%s::json) AS r(id bigint, due_at timestamptz, done bool, waits bool, doubt bool, given_up bool, error text, wanted int,
  digest text, place text, message text, channel text)
WHERE p.id = r.id AND p.lease_instance = %s
"""


def post_in(asks: Sequence[PostAsk], *, now: dt.datetime) -> None:
    """Messages about incidents in channels, in the open transaction. One that is there already stays the one."""
    if asks:
        columns = [list(column) for column in zip(*((a.incident_id, a.chat, a.channel) for a in asks), strict=True)]
        if run(ASK, [now, now, *columns]):
            bus.wake_engine()


def say_in(notice: Notice, *, now: dt.datetime) -> int | None:
    """Something to say in a channel, in the open transaction. Answers the posting that says it; a chat that is not there is nobody."""
    chat = Chat.objects.filter(name=notice.chat, is_active=True).first()
    if chat is None:
        return None
    said = {"title": notice.title, "text": notice.text, "path": notice.path, "until": notice.until.isoformat()}
    made = Posting.objects.create(chat=chat, channel=notice.channel, notice=said, due_at=now, created_at=now)
    bus.wake_engine()
    return made.id


def room_in(incident_id: int, chat: Settings, name: str, *, by: Person, now: dt.datetime) -> bool:
    """A channel of this incident alone, in the open transaction. False when it was asked for already."""
    made = {"channel": name, "asked_by": by, "due_at": now, "created_at": now}
    _, new = Posting.objects.get_or_create(incident_id=incident_id, chat_id=chat.id, room=True, defaults=made)
    bus.wake_engine()
    return new


def changed_in(incident_ids: Collection[int], *, now: dt.datetime) -> None:
    """These incidents changed: their messages are due, in the open transaction."""
    if incident_ids:
        ids = sorted(set(incident_ids))
        run(CHANGED, [now, now, ids, ids])


def notices_again_in(posting_ids: Collection[int], *, until: dt.datetime, now: dt.datetime) -> int:
    """Of these notices what failed is due at once, and worth saying until then, in the open transaction. Answers how many."""
    return _again_in({"ids": sorted(posting_ids), "incident": None, "until": until.isoformat()}, now=now)


def again_in(incident_id: int, *, now: dt.datetime) -> int:
    """The messages about this incident that failed are due at once, in the open transaction. Answers how many."""
    return _again_in({"ids": [], "incident": incident_id, "until": now.isoformat()}, now=now)


def _again_in(values: dict[str, Any], *, now: dt.datetime) -> int:
    count = run(AGAIN, {**values, "now": now})
    if count:
        bus.wake_engine()
    return count


@transaction.atomic(durable=True)
def sent_directly(sent: Direct, *, now: dt.datetime) -> None:
    """Keep this direct message true from now on. The first look comes soon: what it says may have changed while it was sent."""
    first, *others = sent.incident_ids
    same = {"incident_id": first, "chat_id": sent.chat_id, "channel": f"{sent.user} {sent.notification_id}", "room": False}
    stands = {"place": sent.place, "message": sent.message, "doubt": sent.doubt, "digest": AS_SENT, "due_at": now + SOON, "posted_at": now}
    made = {"public_id": sent.public_id, "notification_id": sent.notification_id, "also": others or None, "created_at": now}
    Posting.objects.update_or_create(**same, defaults=stands, create_defaults={**made, **stands})


def claim(instance_id: int, chats: Collection[int], *, now: dt.datetime, limit: int) -> list[Claim]:
    """Take due messages of these chats under a lease. Committed before anything is sent."""
    with transaction.atomic(durable=True):
        holders = [row[0] for row in fetch(HOLDERS, [now])]
        dead = sorted(set(holders) - leases.alive(holders) - {instance_id})
        rows = fetch(CLAIM, [instance_id, now + LEASE, now, sorted(chats), now, dead, limit])
    return [replace(Claim(*row[:-1]), notice=json.loads(row[-1]) if row[-1] else None) for row in rows]


def record_posts_in(results: Sequence[Posted], instance_id: int, *, now: dt.datetime) -> list[Said]:
    """Write how these tries ended, in the open transaction; answers what the stories of their incidents shall say."""
    ids = [result.claim.id for result in results]
    rows = {row.id: row for row in Posting.objects.select_for_update(no_key=True, of=("self",)).filter(id__in=ids).select_related("chat")}
    written: list[dict[str, Any]] = []
    said: list[Said] = []
    for result in results:
        row = rows.get(result.claim.id)
        if row is None or row.lease_instance != instance_id:
            continue  # another engine has it: its end counts
        end = after_post(
            result.outcome,
            tries=result.claim.tries,
            doubt=result.claim.doubt,
            changed_since=row.wanted > result.claim.wanted,
            failed_before=bool(row.error),
            retry_after=result.retry_after,
        )
        values = {"id": row.id, "done": end.done, "doubt": end.doubt, "given_up": end.given_up, "wanted": result.claim.wanted}
        waits = result.retry_after is not None and not end.done
        due_at = None if end.again_in is None else (now + end.again_in).isoformat()
        error = "" if end.done else (result.detail[:500] if not waits else row.error)
        more = {"due_at": due_at, "waits": waits, "error": error, "digest": "" if end.rewrite else result.digest, "place": result.place}
        written.append({**values, **more, "message": result.message, "channel": result.channel})
        said += _said(row, result, first=row.posted_at is None, say=end.say, recovered=end.done and bool(row.error))
    if written:
        run(RECORD, [now, _json(written), instance_id])
    return said


def _said(row: Posting, result: Posted, *, first: bool, say: bool, recovered: bool) -> list[Said]:
    where = f"{row.channel} ({row.chat.name})"
    if row.incident_id is None:
        if say:
            log.warning("a notice could not be posted: %s", result.detail, extra={"chat": row.chat.name, "posting": row.id})
        return []
    if row.notification_id is not None:
        failed = f"A direct message in {row.chat.name} could not be brought up to date: {result.detail}"
        return [Said(row.incident_id, "chat_failed", failed)] if say else []
    if result.outcome is Outcome.DELIVERED and first:
        name = result.channel or row.channel
        text = f"The channel #{name.lstrip('#')} ({row.chat.name}) was made for it." if row.room else f"Posted to {where}."
        return [Said(row.incident_id, "chat_room" if row.room else "chat_posted", text, result.link)]
    if recovered:
        return [Said(row.incident_id, "chat_posted", f"The message in {where} is up to date again.")]
    return [Said(row.incident_id, "chat_failed", f"The message in {where} could not be written: {result.detail}")] if say else []


def give_back(instance_id: int, chat_id: int) -> None:
    """Return what this engine holds and has not sent: another one takes it at once."""
    sql = "UPDATE notifications_posting SET lease_instance = NULL, lease_until = NULL, tries = greatest(tries - 1, 0) WHERE lease_instance = %s AND chat_id = %s"
    with transaction.atomic(durable=True):
        run(sql, [instance_id, chat_id])


def looked(chat_id: int, *, said: str, error: str, now: dt.datetime) -> None:
    """How the chat answered when it was asked whether it is there."""
    Chat.objects.filter(pk=chat_id).update(looked_at=now, said=said[:200], error=error[:500])


def listened(chat_id: int, *, now: dt.datetime) -> None:
    """A node listens there by Socket Mode."""
    Chat.objects.filter(pk=chat_id).update(heard_at=now)


def name_means(chat_id: int, name: str, user: str, *, now: dt.datetime) -> None:
    """Keep whom a @name stands for."""
    ChatName.objects.update_or_create(chat_id=chat_id, name=name, defaults={"user": user, "resolved_at": now})


def hear(chat: Settings, identity: bytes, *, now: dt.datetime) -> tuple[bool, str]:
    """(is it to be done, what was answered before). Called before anything is done for a request; `heard` keeps the answer.

    One that somebody has in hand is answered with nothing; one whose process died on it is done again.
    """
    digest = hashlib.sha256(identity).hexdigest()
    with transaction.atomic():
        Heard.objects.filter(at__lt=now - REMEMBERED).delete()
        row, new = Heard.objects.get_or_create(chat_id=chat.id, digest=digest, defaults={"at": now})
        if not new and row.answer is None:
            new = bool(Heard.objects.filter(pk=row.pk, answer=None, at__lt=now - DIED_AFTER).update(at=now))
    return new, row.answer or ""


def heard(chat: Settings, identity: bytes, answer: str | None) -> None:
    """What was answered, without an address that proves somebody; None when it failed, so that the same request may be tried again."""
    rows = Heard.objects.filter(chat_id=chat.id, digest=hashlib.sha256(identity).hexdigest())
    if answer is None:
        rows.delete()
    else:
        rows.update(answer=PROVES.sub("(it was shown once)", answer))


@transaction.atomic(durable=True)
def make_link(chat: Settings, user: str, user_name: str, *, now: dt.datetime) -> str:
    """The address that proves who this user is; earlier ones of theirs end."""
    token = get_random_string(32)
    ChatLink.objects.filter(expires_at__lt=now - REMEMBERED, used_at=None).delete()
    ChatLink.objects.filter(chat_id=chat.id, user=user, used_at=None, expires_at__gt=now).update(expires_at=now)
    ChatLink.objects.create(chat_id=chat.id, user=user, user_name=user_name[:200], digest=_digest(token), expires_at=now + LINK_LIVES)
    return f"{settings.PUBLIC_URL}/chat/link/{signing.Signer(salt=SALT, sep='~').sign(token)}"


def read_link(signed: str, *, now: dt.datetime) -> ChatLink:
    """The link behind an address. Raises NotFound when it is not ours, was used or has expired."""
    try:
        token = signing.Signer(salt=SALT, sep="~").unsign(signed)
    except signing.BadSignature as error:
        raise NotFound(GONE) from error
    row = (
        ChatLink.objects.select_related("chat")
        .filter(digest=_digest(token), used_at=None, expires_at__gt=now, chat__is_active=True)
        .first()
    )
    if row is None:
        raise NotFound(GONE)
    return row


GONE = "This link was used, has expired (after 10 minutes), or was made elsewhere. Ask for a new one in the chat: /watchbill link"


@transaction.atomic(durable=True)
def use_link(signed: str, *, person: Person, actor: Actor, now: dt.datetime) -> Contact:
    """The user of the link is this person: a proved contact. Raises NotFound as `read_link`, Refused when they are somebody else already."""
    row = read_link(signed, now=now)
    chat = settings_of(row.chat)
    if not ChatLink.objects.filter(pk=row.pk, used_at=None).update(used_at=now, used_by=person):
        raise NotFound(GONE)
    known = person_of(chat, row.user)
    if known is not None and known.id != person.id:
        raise Refused("That chat account belongs to somebody else here already. Ask an administrator to look at it.")
    address = f"{chat.name}:{row.user}"
    there = Contact.objects.filter(person=person, kind=chat.kind, address__in=(address, row.user), removed_at=None).first()
    if there is not None:
        if there.verified_at is None:
            there.verified_at, there.verified_by = now, LINK
            there.save(update_fields=["verified_at", "verified_by"])
        contact = there
    else:
        last = Contact.objects.filter(person=person).order_by("-position").values_list("position", flat=True).first()
        position = 0 if last is None else last + 1
        contact = Contact.objects.create(
            person=person, kind=chat.kind, address=address, position=position, own=True, verified_at=now, verified_by=LINK
        )
        _keep_the_account_s_mail_in(person, now=now)
    evidence = {"handle": person.handle, "kind": chat.kind, "chat": chat.name, "chat_user": row.user, "by": LINK}
    record_in([Entry("contact.verify", "contact", str(contact.pk), detail=evidence)], by=actor, now=now)
    return contact


def _keep_the_account_s_mail_in(person: Person, *, now: dt.datetime) -> None:
    """Who had no contact was reached by the mail of the account; a first contact must not end that."""
    if (
        Contact.objects.filter(person=person, removed_at=None).count() == 1
        and not Contact.objects.filter(person=person, kind="email").exists()
    ):
        Contact.objects.create(
            person=person, kind="email", address=person.email, position=0, own=True, verified_at=now, verified_by=BY_ACCOUNT
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows))
