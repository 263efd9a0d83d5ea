"""Which browser is this? Kept with the session, so that its person can see and end it."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest

from watchbill.notifications.rules import label_of
from watchbill.people.models import Person
from watchbill.people.sessions import remember_session

LONGEST_AGENT = 1000  # of what a browser says about itself


def know_session(request: HttpRequest, person: Person, *, now: dt.datetime) -> None:
    """Remember this session as theirs; one that is known already is left as it is."""
    if key := request.session.session_key:
        browser = label_of(request.headers.get("User-Agent", "")[:LONGEST_AGENT])
        remember_session(person, key, browser=browser, address=request.META.get("REMOTE_ADDR", ""), now=now)
