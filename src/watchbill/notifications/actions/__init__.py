"""The outbox: what is planned, cancelled, claimed, recorded. Callers own the order of locks: incident, page, notification."""

from __future__ import annotations

from watchbill.notifications.actions.cancelling import cancel_in
from watchbill.notifications.actions.claiming import claim, confirm, give_back, give_back_orphans, release_dead_leases
from watchbill.notifications.actions.codes import send_code, type_code
from watchbill.notifications.actions.confirming import Told, answer_given, give_up_waiting, receive
from watchbill.notifications.actions.contacts import add_contact, move_contact, remove_contact
from watchbill.notifications.actions.devices import add_device, device_gone, device_heard, remove_device, renew_device, try_device
from watchbill.notifications.actions.drills import answer_drill, answer_in_person, open_drill, send_test
from watchbill.notifications.actions.hooks import HookAsk, call_in
from watchbill.notifications.actions.keys import push_keys, webhook_secret
from watchbill.notifications.actions.planning import plan_in, tell_in
from watchbill.notifications.actions.preferences import check_rules, kinds_of, set_rules
from watchbill.notifications.actions.proving import ask_for_test, keep_providers_tested
from watchbill.notifications.actions.recording import record, start_next_beside
from watchbill.notifications.actions.silencing import silence, speak_again
from watchbill.notifications.actions.telling import tell_status_in
from watchbill.notifications.messages import Accepted, Ask, Claimed, Failure, Message, Report, Result

__all__ = [
    "Accepted",
    "Ask",
    "Claimed",
    "Failure",
    "HookAsk",
    "Message",
    "Report",
    "Result",
    "Told",
    "add_contact",
    "add_device",
    "answer_drill",
    "answer_given",
    "answer_in_person",
    "ask_for_test",
    "call_in",
    "cancel_in",
    "check_rules",
    "claim",
    "confirm",
    "device_gone",
    "device_heard",
    "give_back",
    "give_back_orphans",
    "give_up_waiting",
    "keep_providers_tested",
    "kinds_of",
    "move_contact",
    "open_drill",
    "plan_in",
    "push_keys",
    "receive",
    "record",
    "release_dead_leases",
    "remove_contact",
    "remove_device",
    "renew_device",
    "send_code",
    "send_test",
    "set_rules",
    "silence",
    "speak_again",
    "start_next_beside",
    "tell_in",
    "tell_status_in",
    "try_device",
    "type_code",
    "webhook_secret",
]
