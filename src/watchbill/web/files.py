"""Our own few files: style, scripts, sign. Read once, packed once, kept by browsers for as long as their address names their content."""

from __future__ import annotations

import functools
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png"}
FOR_EVER = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class File:
    """One file with all that its answer needs."""

    body: bytes
    packed: bytes
    kind: str
    version: str


@functools.cache
def files() -> dict[str, File]:
    """Every file of ours by its name."""
    return {path.name: _read(path) for path in FOLDER.iterdir() if path.suffix in TYPES}


def _read(path: Path) -> File:
    body = path.read_bytes()
    return File(body, gzip.compress(body, 9, mtime=0), TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:
    """One of our files. Whoever names its version may keep it for ever."""
    found = files().get(name)
    if found is None:
        return HttpResponse(status=404)
    cache = FOR_EVER if request.GET.get("v") == found.version else FOR_AN_HOUR
    headers = {"Cache-Control": cache, "ETag": f'"{found.version}"'}
    if f'"{found.version}"' in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    body, encoding = (found.packed, {"Content-Encoding": "gzip"}) if packed else (found.body, {})
    answer = HttpResponse(body, content_type=found.kind, headers={**headers, **encoding})
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer
