"""How often may the public form be sent? By one address a few times an hour, by all of them so often that a flood drowns nobody.

No third party is asked, and no address is kept: a keyed digest of it, for a day.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.crypto import salted_hmac

from watchbill.reports.models import Knock

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
OF_ONE, OF_ALL = 6, 120  # in an hour


@transaction.atomic
def knock(address: str, *, now: dt.datetime) -> bool:
    """Somebody sends the form. False: too often, by this address or by everybody together; try again in an hour."""
    Knock.objects.filter(at__lt=now - DAY).delete()
    digest = salted_hmac("watchbill.reports.form", address, algorithm="sha256").digest()
    lately = Knock.objects.filter(at__gt=now - HOUR)
    if lately.filter(digest=digest).count() >= OF_ONE or lately.count() >= OF_ALL:
        return False
    Knock.objects.create(digest=digest, at=now)
    return True
