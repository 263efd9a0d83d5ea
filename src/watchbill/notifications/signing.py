"""The links in a mail: who, for which incident, proved by our signature. A link opens one question, and only its answer acts."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer

from watchbill.kernel.errors import NotFound
from watchbill.notifications.messages import Message

SALT = "watchbill.notifications.link"
BUTTON = "watchbill.notifications.button"  # of a notification on a device: acknowledges, and nothing else
DRILL = "watchbill.notifications.drill"  # of a test page: says that it was seen, and nothing else


def link_token(message: Message) -> str:
    """The token of a notification: it names person, incident and notification by internal ids."""
    return make_token(message.person_id, message.incident_id, message.notification_id)


def make_token(person_id: int, incident_id: int | None, notification_id: int, *, salt: str = SALT) -> str:
    """The same from the ids alone. `salt`: what it is good for; a token of one kind is none of another."""
    return Signer(salt=salt, sep="~").sign(f"{person_id}.{incident_id or 0}.{notification_id}")


def button(message: Message) -> str:
    """The address that the button of a notification posts to."""
    token = make_token(message.person_id, message.incident_id, message.notification_id, salt=BUTTON)
    return f"{settings.PUBLIC_URL}/push/acknowledge/{token}"


def read_token(token: str, *, salt: str = SALT) -> tuple[int, int, int]:
    """(person, incident, notification). Raises NotFound when it is not ours. Whether it may still act is decided by the incident's state."""
    try:
        person, incident, notification = Signer(salt=salt, sep="~").unsign(token).split(".")
        return int(person), int(incident), int(notification)
    except (BadSignature, ValueError) as error:
        raise NotFound("This link is not complete or was not made here. Open the incident from the list instead.") from error


def link(message: Message, act: str = "") -> str:
    """The address in the mail. `act` is "resolve", or empty for acknowledge."""
    return f"{settings.PUBLIC_URL}/a/{link_token(message)}" + (f"?act={act}" if act else "")


def answer_link(message: Message) -> str:
    """The address in a test page that says: I got it."""
    drill = message.contents[0].get("drill") if message.contents else None
    return f"{settings.PUBLIC_URL}/answer/{make_token(message.person_id, drill, message.notification_id, salt=DRILL)}"
