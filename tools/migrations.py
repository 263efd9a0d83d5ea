"""Fails when a model changed and no migration says so. Needs no database."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.main.settings")
os.environ.setdefault("WATCHBILL_SECRET_KEY", "only-for-tests")
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

import warnings

import django
from django.core.management import call_command

warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")
django.setup()
call_command("makemigrations", check=True, dry_run=True, verbosity=1 if "-v" in sys.argv else 0)
