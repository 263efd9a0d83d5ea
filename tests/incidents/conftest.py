"""A desk with an outsider."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests import factories as make
from watchbill.incidents.models import Service


@pytest.fixture
def desk(db: None) -> SimpleNamespace:
    """Alice owns, Bob is a team mate, Charlie must never see it; Root administers the installation."""
    alice, bob, charlie = make.person("alice"), make.person("bob"), make.person("charlie")
    root = make.person("root", is_admin=True)
    secops = make.team("SecOps", alice, bob, managers=(root,))
    other = make.team("Other", charlie)
    service = Service.objects.create(name="Detections", team=secops)
    secret = Service.objects.create(name="Insider cases", team=secops, restricted=True)
    return SimpleNamespace(alice=alice, bob=bob, charlie=charlie, root=root, team=secops, other=other, service=service, secret=secret)
