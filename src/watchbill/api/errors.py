"""One shape for every refusal under /api/: `{"error": code, "message": sentence, "details": {...}}`.

Refusals of ours keep their own code and status. What Django, its middleware or the router refuse before a view is reached is put into the
same shape by the middleware here, which stands outside them all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from watchbill.kernel.errors import WatchbillError

log = logging.getLogger(__name__)

PREFIX = "/api/"
CODES = {
    400: ("bad_request", "The request could not be understood."),
    401: ("not_signed_in", "Nobody knows who asks. Send `Authorization: Bearer TOKEN` with a token that has not ended."),
    403: ("not_allowed", "You may not do this."),
    404: ("not_found", "There is nothing at this address, or not for you. The addresses are listed at /api/v1/docs."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("timeout", "The request took too long to arrive. Send it again."),
    409: ("refused", "That is not possible in the state things are in now."),
    413: ("too_big", "The request is too big."),
    415: ("unsupported_media_type", "Send the body as JSON, with `Content-Type: application/json`."),
    422: ("invalid", "Something in the request breaks a rule."),
    429: ("too_many_requests", "Too many requests. Wait a moment."),
    500: ("internal", "Something broke here, and it is logged. Nothing was changed by this request."),
    503: ("not_ready", "A part that is needed is away for a moment. Send the same request again."),
}


class UnsupportedMediaType(Exception):
    """The body is of another kind than JSON."""


def answer(data: Any, status: int = 200) -> HttpResponse:
    """JSON, times in RFC 3339 UTC with Z. Never kept by a cache: it shows a state and was made for one viewer."""
    return HttpResponse(
        msgspec.json.encode(data), status=status, headers={"Content-Type": "application/json", "Cache-Control": "no-store, private"}
    )


def shape(status: int, *, code: str = "", message: str = "", **details: Any) -> HttpResponse:
    """A refusal of this status, in the one shape."""
    known_code, known_message = CODES.get(status) or CODES[500 if status >= 500 else 400]
    refusal = answer({"error": code or known_code, "message": message or known_message, "details": details}, status)
    if status == 401:
        refusal.headers["WWW-Authenticate"] = "Bearer"
    return refusal


class JsonErrors:
    """Outermost for /api/: whatever refused, and however, the caller reads the one shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path_info.startswith(PREFIX):
            return response
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        shaped = shape(response.status_code)
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if name in response.headers:
                shaped.headers[name] = response.headers[name]
        return shaped


@csrf_exempt
def unknown(_request: HttpRequest) -> HttpResponse:
    """No address of ours."""
    return shape(404)


def install(api: NinjaAPI) -> None:
    """Teach the API to answer each kind of refusal."""
    api.add_exception_handler(WatchbillError, _ours)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, lambda _request, _error: shape(404))
    api.add_exception_handler(RequestDataTooBig, lambda _request, _error: shape(413))
    api.add_exception_handler(UnreadablePostError, lambda _request, _error: shape(400, message="The body broke off."))
    api.add_exception_handler(SuspiciousOperation, lambda _request, _error: shape(400))
    api.add_exception_handler(BadRequest, lambda _request, _error: shape(400))
    api.add_exception_handler(DataError, _data)
    api.add_exception_handler(OperationalError, _away)
    api.add_exception_handler(InterfaceError, _away)
    api.add_exception_handler(Exception, _broken)


def _ours(_request: HttpRequest, error: Any) -> HttpResponse:
    return shape(error.status, code=error.code, message=error.message, **error.details)


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    """Which field, and what was expected. Never the value: it may be a secret in the wrong place."""
    fields = {".".join(str(part) for part in one["loc"]): one["msg"].removeprefix("Value error, ") for one in error.errors}
    first, why = next(iter(fields.items()))
    return shape(422, message=f"{first.rpartition('.')[2]}: {why}.", fields=fields)


def _http(_request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error.__cause__, UnsupportedMediaType):
        return shape(415)
    if error.status_code == 400:
        return shape(400, code="bad_json", message="The body is not valid JSON.")
    return shape(error.status_code)


def _data(_request: HttpRequest, error: Any) -> HttpResponse:
    """A value that no column takes reached the database: the caller's mistake, and a check that is missing here."""
    log.warning("a request reached the database with a value that it refuses: %s", type(error).__name__)
    return shape(422, message="A value in the request is too big or has characters that cannot be stored.")


def _away(_request: HttpRequest, _error: Any) -> HttpResponse:
    response = shape(503, message="The database does not answer. Send the same request again.")
    response.headers["Retry-After"] = "5"
    return response


def _broken(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("an API request broke: %s %s", request.method, request.resolver_match and request.resolver_match.route, exc_info=error)
    return shape(500)
