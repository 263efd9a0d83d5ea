"""A desk that is called and written to: an incident pages Ada by text and telephone, and her provider tells what became of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from standardwebhooks import Webhook

from tests import factories
from tests.connectors.twilio.fake import TOKEN, signed
from tests.factories import SEC, T0, person, to
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.notifications.actions import claim, record
from watchbill.notifications.messages import Message, Report, Result
from watchbill.notifications.models import Contact, Notification, Phone
from watchbill.notifications.rules import CONFIRM_CALL, CONFIRM_TEXT, Outcome
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Page
from watchbill.people.models import Person
from watchbill.response.actions import page_by_hand
from watchbill.response.actions.hearing import hear

ADA, GRACE = "+15005550011", "+15005550012"
HERE = "https://desk.example.org"
SECRET = "whsec_c2VjcmV0"


class House:
    """Ada is asked first, by text, and after two minutes by call; then Grace. Times are around the database's now."""

    def __init__(self) -> None:
        self.now = database_now()
        self.ada = person("ada", contacts=(), rules={"high": [(0, ["sms"]), (120, ["voice"])]})
        self.grace, self.cleo = person("grace", contacts=("webhook",)), person("cleo")
        for kind, number in (("sms", ADA), ("voice", ADA)):
            Contact.objects.create(person=self.ada, kind=kind, address=number, verified_at=T0, verified_by="operator")
        factories.organization(self.cleo)
        self.team = factories.team("SecOps", self.ada, managers=(self.grace,))
        policy = factories.policy("P", self.team, ([to(self.ada)], "15m"), ([to(self.grace)], "15m"), last_resort=self.cleo)
        factories.service("Detections", self.team, policy)
        common = {"url": "http://127.0.0.1:1", "per_person": 30, "overall": 1000}
        Phone.objects.create(
            name="main", kind="twilio", sender="+15005550006", account_env="A", token_env="T", sends=["sms", "voice"], **common
        )
        Phone.objects.create(name="spare", kind="http", secret_env="S", sends=["sms"], position=1, **common)
        self.client = Client()
        self.sid = 0

    def page(self, title: str = "disk full", *, restricted: bool = False) -> Incident:
        """An incident whose first step has fired."""
        made = page_by_hand(title, "Detections", "critical", by=factories.actor(self.grace), now=self.now, restricted=restricted)
        fire_due(now=self.now, limit=50)
        return made

    def sent(self, after: dt.timedelta = dt.timedelta(0)) -> list[Message]:
        """What the engine would send then, taken by the provider under the sid of its ref."""
        at = self.now + after
        messages = list(claim(1, now=at).messages)
        hear(record([self.taken(m, at) for m in messages], now=at), now=at)
        return messages

    def taken(self, message: Message, at: dt.datetime) -> Result:
        if message.method not in ("sms", "voice"):
            return Result(message.notification_id, 1, message.attempt, Outcome.DELIVERED, at, at)
        within = CONFIRM_CALL if message.method == "voice" else CONFIRM_TEXT
        return Result(message.notification_id, 1, message.attempt, Outcome.ACCEPTED, at, at, "main took it", sid_of(message), at + within)

    def call(self, number: int = 0) -> Message:
        """Ada's telephone rings."""
        self.sent()
        (ringing,) = [m for m in self.sent(120 * SEC) if m.method == "voice"]
        return ringing

    def twilio(self, path: str, *, forged: bool = False, **form: str) -> Any:
        """A callback of Twilio's."""
        url = f"{HERE}/in/twilio/main/{path}"
        headers = signed(url, form, "forged" if forged else TOKEN)
        return self.client.post(
            f"/in/twilio/main/{path}", urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers
        )

    def writes(self, text: str, *, sender: str = ADA, sid: str = "", **more: str) -> Any:
        """A text message to us, by Twilio."""
        self.sid += 1
        return self.twilio("sms", MessageSid=sid or f"SM-in-{self.sid}", From=sender, To="+15005550006", Body=text, **more)

    def gateway(self, path: str, body: dict[str, Any], *, key: str = SECRET, at: dt.datetime | None = None) -> Any:
        """A callback of the other provider."""
        raw, at = json.dumps(body), at or self.now
        signature = Webhook(key).sign("msg_1", at, raw)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
        return self.client.post(f"/in/phone/spare/{path}", raw, content_type="application/json", headers=headers)

    def state(self, message: Message) -> str:
        return Notification.objects.values_list("state", flat=True).get(pk=message.notification_id)

    def silent_person(self) -> Person:
        return Person.objects.get(pk=self.ada.pk)


def sid_of(message: Message) -> str:
    return f"{'CA' if message.method == 'voice' else 'SM'}-{message.public_id[:8]}"


def page_of(incident: Incident) -> Page:
    return Page.objects.get(incident=incident, purpose="respond")


__all__ = ["ADA", "GRACE", "HERE", "House", "Report", "page_of", "sid_of"]
