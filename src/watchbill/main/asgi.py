"""The process of the pages, behind the front door: who is on call, then Django; open pages hear of changes as long as it runs."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

from watchbill.main import children

children.die_with_parent()
children.many_files()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.main.settings")
os.environ.setdefault("WATCHBILL_PROCESS", "web")

from django.conf import settings  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402  the death signal must be set first

pages: Any = get_asgi_application()  # Django's own type of it is narrower; sets Django up: what is imported below needs it

from watchbill.api.express import Express  # noqa: E402
from watchbill.frontdoor.behind import Behind  # noqa: E402
from watchbill.kernel import logs  # noqa: E402
from watchbill.main.demo.pulse import pulse  # noqa: E402
from watchbill.web import live  # noqa: E402

logs.configure("web")  # after the server's own: addresses hold keys, and are masked here

sys.setswitchinterval(0.0005)  # seconds: who is on call waits no longer than this for each page that is being made

gc.collect()
gc.freeze()  # what was imported stays: no collection goes through it again, which would hold up a request

application = Behind(Express(pages), alongside=[live.alongside, *([pulse] if settings.DEMO_INBOX else [])])
