"""What may somebody outside learn, with a receipt or without one? A word on how it stands and what was written to them; nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.reports.models import Message, Program, Report
from watchbill.reports.rules.receipts import digest_of, read

COARSE: Mapping[str, str] = {
    "new": "It is here, and somebody is told.",
    "assessing": "It is being read.",
    "with_platform_triage": "It is being read.",
    "consulting_experts": "It is being read.",
    "awaiting_reporter": "We need an answer from you.",
}
AT_WORK, OVER = "We work on it.", "It is closed."


def open_program() -> Program | None:
    """The programme that takes what comes by the public form: the first of the file. None: nobody takes any."""
    return Program.objects.filter(is_active=True, team__is_active=True).select_related("team").order_by("position", "id").first()


def by_receipt(text: str) -> Report | None:
    """The report of this receipt, however it was typed."""
    receipt = read(text)
    return Report.objects.filter(receipt=digest_of(receipt)).first() if receipt else None


def how_it_stands(report: Report) -> str:
    """In a sentence that tells whoever else reads it nothing."""
    return OVER if report.closed_at is not None else COARSE.get(report.state, AT_WORK)


def conversation(report: Report) -> list[Message]:
    """What was written to the reporter on this page, and by them; oldest first."""
    return list(Message.objects.filter(report=report, audience=Message.Audience.ALL, way=Message.Way.RECEIPT).order_by("id"))
