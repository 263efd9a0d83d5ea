"""The link with which somebody sets their first password."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from watchbill.people.models import Person


def invitation(person: Person) -> str:
    """The address at which somebody sets a password, once; it dies with the next sign-in or password."""
    address = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    return f"{settings.PUBLIC_URL}{reverse('account_reset_password_from_key', kwargs=address)}"
