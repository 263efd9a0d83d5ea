"""The outbox: what is planned, cancelled, claimed, recorded. Callers own the order of locks: incident, page, notification."""

from __future__ import annotations

from watchbill.notifications.actions.cancelling import cancel_in
from watchbill.notifications.actions.claiming import claim, confirm, give_back, give_back_orphans, release_dead_leases
from watchbill.notifications.actions.confirming import Told, answer_given, give_up_waiting, receive
from watchbill.notifications.actions.devices import add_device, device_gone, device_heard, remove_device, renew_device, try_device
from watchbill.notifications.actions.keys import push_keys, webhook_secret
from watchbill.notifications.actions.planning import plan_in
from watchbill.notifications.actions.recording import record
from watchbill.notifications.actions.silencing import silence, speak_again
from watchbill.notifications.actions.telling import tell_status_in
from watchbill.notifications.messages import Accepted, Ask, Claimed, Failure, Message, Report, Result

__all__ = [
    "Accepted",
    "Ask",
    "Claimed",
    "Failure",
    "Message",
    "Report",
    "Result",
    "Told",
    "add_device",
    "answer_given",
    "cancel_in",
    "claim",
    "confirm",
    "device_gone",
    "device_heard",
    "give_back",
    "give_back_orphans",
    "give_up_waiting",
    "plan_in",
    "push_keys",
    "receive",
    "record",
    "release_dead_leases",
    "remove_device",
    "renew_device",
    "silence",
    "speak_again",
    "tell_status_in",
    "try_device",
    "webhook_secret",
]
