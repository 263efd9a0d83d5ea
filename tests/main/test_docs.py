"""The documentation is part of the product: what is not described fails here."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import typer.main
from django.urls import URLPattern, URLResolver, get_resolver

import watchbill.cli
from watchbill.connectors.registry import CONNECTORS
from watchbill.main import commands

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"


def everything() -> str:
    return "\n".join(path.read_text() for path in sorted(DOCS.rglob("*.md")))


def test_every_environment_variable_is_described():
    read = set()
    for path in (ROOT / "src").rglob("*.py"):
        read |= set(re.findall(r"[\"'](WATCHBILL_[A-Z_]+|DATABASE_URL)[\"']", path.read_text()))
    internal = {"WATCHBILL_AS_OWNER", "WATCHBILL_PROCESS", "WATCHBILL_DEMO", "WATCHBILL_PAGES"}  # between our own processes
    fictional = {name for name in read if re.search(r"(TOKEN|SIGNING|SECRET|IMAP_URL)$", name) and name != "WATCHBILL_TOKEN"}
    described = set(re.findall(r"^\| `([A-Z_]+)`", (DOCS / "reference" / "settings.md").read_text(), re.MULTILINE))
    assert read - internal - fictional - described == set()
    assert described - read == set(), "described and read nowhere"


def test_every_command_is_described():
    frame = commands._load_commands("")
    for module in pkgutil.iter_modules(watchbill.cli.__path__):
        importlib.import_module(f"watchbill.cli.{module.name}")
    described = (DOCS / "reference" / "cli.md").read_text()
    group = typer.main.get_command(frame.app)
    missing = []
    for name, command in group.commands.items():
        paths = [f"{name} {sub}" for sub in getattr(command, "commands", {})] or [name]
        missing += [path for path in paths if f"watchbill {path}" not in described]
    assert not missing


def addresses(patterns, prefix: str = "") -> list[str]:
    found = []
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            found.append("/" + path)
    return found


def test_every_machine_address_is_described():
    text = everything()
    ours = [path for path in addresses(get_resolver().url_patterns) if path.startswith(("/api/v1/", "/healthz", "/readyz", "/metrics"))]
    assert len(ours) > 15
    missing = []
    for path in ours:
        words = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path).removeprefix("/api/v1").rstrip("/") or "/api/v1"
        if words not in text:
            missing.append(words)
    assert not missing
    for path in ("/v2/enqueue", "/v2/change/enqueue", "/in/alertmanager/KEY", "/acceptz"):
        assert path in text


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_every_connector_has_a_page(kind):
    assert (DOCS / "connectors" / f"{kind}.md").exists()


def test_every_link_between_pages_leads_somewhere():
    broken = []
    for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]:
        targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text())
        broken += [f"{path.relative_to(ROOT)} -> {one}" for one in targets if "://" not in one and not (path.parent / one).exists()]
    assert not broken


def test_the_two_commands_stand_first():
    head = (ROOT / "README.md").read_text()[:1500]
    assert "make run" in head
    assert "make test" in head


def test_lock_files_carry_hashes_and_no_addresses():
    for path in ROOT.glob("requirements*.lock"):
        text = path.read_text()
        pinned = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^\]]+\])?==", text, re.MULTILINE)
        assert text.count("--hash=sha256:") >= len(pinned) > 0
        assert "://" not in text
    assert not (ROOT / "uv.lock").exists()


def test_decisions_are_numbered_without_a_hole():
    numbers = sorted(int(path.name[:4]) for path in (DOCS / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
