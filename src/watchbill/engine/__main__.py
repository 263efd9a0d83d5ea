"""`python -m watchbill.engine`: one engine process."""

from __future__ import annotations

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.main.settings")
django.setup()

from watchbill.engine.loop import run  # noqa: E402  only now are the models known
from watchbill.kernel import logs  # noqa: E402

if __name__ == "__main__":
    logs.configure("engine")
    gc.collect()
    gc.freeze()  # what was imported stays: no collection goes through it again, which would hold up a round
    run()
