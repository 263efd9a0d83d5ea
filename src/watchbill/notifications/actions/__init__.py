"""The outbox: what is planned, cancelled, claimed, recorded. Callers own the order of locks: incident, page, notification."""

from __future__ import annotations

from watchbill.notifications.actions.cancelling import cancel_in
from watchbill.notifications.actions.claiming import claim, confirm, give_back, give_back_orphans, release_dead_leases
from watchbill.notifications.actions.devices import add_device, device_gone, device_heard, remove_device, renew_device, try_device
from watchbill.notifications.actions.keys import push_keys, webhook_secret
from watchbill.notifications.actions.planning import plan_in
from watchbill.notifications.actions.recording import record
from watchbill.notifications.actions.telling import tell_status_in
from watchbill.notifications.messages import Ask, Claimed, Failure, Message, Report, Result

__all__ = [
    "Ask",
    "Claimed",
    "Failure",
    "Message",
    "Report",
    "Result",
    "add_device",
    "cancel_in",
    "claim",
    "confirm",
    "device_gone",
    "device_heard",
    "give_back",
    "give_back_orphans",
    "plan_in",
    "push_keys",
    "record",
    "release_dead_leases",
    "remove_device",
    "renew_device",
    "tell_status_in",
    "try_device",
    "webhook_secret",
]
