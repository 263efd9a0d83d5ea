"""Which providers send for this installation, so that each of them can be tested by name?

A webhook belongs to its receiver, not to a provider: it is not among them.
"""

from __future__ import annotations

from django.conf import settings

from watchbill.connectors.phone.providers import SMS, VOICE, stored, working
from watchbill.kernel import kinds
from watchbill.notifications.models import Contact

APART = ("email", "webhook", SMS, VOICE)  # what needs nobody's contact to be there, or is no provider, or is several


def providers() -> list[str]:
    """ "email", "push" and the like, "sms/NAME", "voice/NAME": those that can send now. Of a demo none, since nothing leaves it."""
    if settings.DEMO_INBOX:
        return []
    used = set(Contact.objects.filter(removed_at=None).values_list("kind", flat=True))
    found = [kind for kind in kinds.CONTACT_KINDS if kind not in APART and kind in used and kinds.is_active(kind)]
    known = stored()
    phones = [f"{way}/{each.name}" for way in (SMS, VOICE) if kinds.is_active(way) for each in working(way, known)]
    return [*(["email"] if kinds.is_active("email") else []), *found, *phones]
