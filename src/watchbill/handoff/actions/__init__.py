"""What people do with hand-offs. Public acts begin their own transaction; `_in` functions are part of another one."""

from watchbill.handoff.actions.answering import accept, ask, come_back, decline, reply, withdraw
from watchbill.handoff.actions.keeping import keep
from watchbill.handoff.actions.offering import Wanted, keep_draft, offer, offer_all, schedule

__all__ = ["Wanted", "accept", "ask", "come_back", "decline", "keep", "keep_draft", "offer", "offer_all", "reply", "schedule", "withdraw"]
