"""The web process: the front door, with Django behind it."""

from __future__ import annotations

import os

from watchbill.main import children

children.die_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.main.settings")
os.environ.setdefault("WATCHBILL_PROCESS", "web")

from django.core.asgi import get_asgi_application  # noqa: E402  the death signal must be set first

from watchbill.frontdoor.app import make_application  # noqa: E402

application = make_application(get_asgi_application())
