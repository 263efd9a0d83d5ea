"""The public API, version 1: its routers, its bodies, its description at /api/v1/openapi.json and the page at /api/v1/docs."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path, re_path
from ninja import NinjaAPI
from ninja.openapi import get_schema
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from watchbill.api import (
    absences,
    covering,
    covers,
    directory,
    disclosures,
    duties,
    errands,
    errors,
    handoffs,
    incidents,
    learnings,
    mails,
    queues,
    quiet,
    records,
    reports,
    runbooks,
    shift,
    swapping,
    watch,
)
from watchbill.api.docs import ListOfOperations
from watchbill.api.errors import UnsupportedMediaType


class JsonBody(Parser):
    """Bodies are JSON and say so."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise UnsupportedMediaType
        return msgspec.json.decode(request.body)


class Described(NinjaAPI):
    """Its description is made once: half a second of work, and open to everybody."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        return description(self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)


@cache
def description(prefix: str) -> OpenAPISchema:
    """The OpenAPI description of this API below an address."""
    return get_schema(api=api, path_prefix=prefix)


api = Described(
    title="Watchbill",
    version="1",
    description="The on-call desk: who has the watch, incidents, their pages and owners, notifications, the audit.",
    urls_namespace="api",
    docs=ListOfOperations(),
    parser=JsonBody(),
)
errors.install(api)
for each in (
    watch.router,
    absences.router,
    covering.router,
    covers.router,
    swapping.router,
    incidents.router,
    errands.router,
    handoffs.router,
    queues.router,
    duties.router,
    learnings.router,
    runbooks.router,
    shift.router,
    quiet.router,
    records.router,
    directory.router,
    reports.router,
    disclosures.router,
    mails.router,
):
    api.add_router("", each)

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", errors.unknown),
    path("v1/", api.urls),
    re_path(r"", errors.unknown),
]
