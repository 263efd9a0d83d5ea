"""How do people sign in? By django-allauth; here is only what this desk does otherwise.

No open sign-up: accounts are made by the file or by the operator. No mail leaves from here: a forgotten password is set by a link that an
administrator hands out. Sign-ins and new passwords are audited.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel.clock import database_now
from watchbill.people import actions
from watchbill.people.models import Person
from watchbill.web.sessions import know_session

SAID = {
    "account/messages/password_changed.txt": "Your password is changed. Other sessions of yours were ended.",
    "account/messages/password_set.txt": "Your password is set.",
}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """What differs from allauth's own way."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        """Nobody makes an account by finding the address."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing: no path of ours sends mail from here, and one that did would go round the outbox."""

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None, *_rest: Any, **_named: Any) -> None:
        """Says what changed; that somebody signed in is seen."""
        if said := SAID.get(message_template or ""):
            messages.add_message(request, min(messages.SUCCESS, level), said)

    def set_password(self, user: Person, password: str) -> None:
        """By the one action that sets passwords, audited."""
        actions.set_password(user, password, by=_themself(user), now=database_now())

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  allauth's signature
        """Back to the page it was asked from."""
        return "/you"

    def post_login(self, request: HttpRequest, user: Person, **rest: Any) -> HttpResponse:
        """Remember who came in, and from where."""
        answer = super().post_login(request, user, **rest)
        with transaction.atomic():
            detail = {"handle": user.handle, "address": request.META.get("REMOTE_ADDR", "")}
            record_in([Entry("person.sign_in", "person", str(user.pk), detail=detail)], by=_themself(user), now=database_now())
        know_session(request, user, now=database_now())
        return cast("HttpResponse", answer)


def _themself(user: Person) -> Actor:
    return Actor(name=user.handle, via="web", person_id=user.pk)
