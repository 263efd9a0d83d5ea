"""A file that is attached on a platform: fetched when somebody asks for it, and never kept here."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from watchbill.audit.actions import Actor
from watchbill.connectors.failures import Failure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.platform import build_client
from watchbill.kernel.errors import NotReady
from watchbill.people.permissions import Viewer
from watchbill.platforms.models import Remote
from watchbill.platforms.selectors import settings_of
from watchbill.reports.actions.fetching import fetched
from watchbill.reports.selectors.platform import file_of


def fetch(viewer: Viewer, number: int, file_id: str, *, actor: Actor, now: dt.datetime) -> tuple[str, bytes]:
    """Name and bytes of a file of the report of that number; the audit says who has it. Raises NotFound, NotReady."""
    remote, file = file_of(viewer, number, file_id)
    content = _fetched(remote, file_id)
    fetched(viewer, number, file_id, actor=actor, now=now)
    return file["name"], content


def _fetched(remote: Remote, file_id: str) -> bytes:
    """Its bytes. Takes as long as the platform takes; no transaction may be open. Raises NotReady with what stands in the way."""
    platform = settings_of(remote.platform)
    if not platform.works:
        raise NotReady(f"{platform.noun} is not read here: its `token_env` is not set. Open the file there.")
    client, wire = build_client(platform, Outgoing(settings.ALLOW_PRIVATE_TARGETS))
    try:
        return client.file(remote.external_id, file_id)
    except Failure as error:
        raise NotReady(f"{error} Try again, or open the file at {platform.noun}.") from error
    finally:
        wire.close()
