"""The way in for signed callbacks: reads the request, hands it to the handler of its kind, and gives the answer back."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from watchbill.connectors.callbacks import CALLBACKS, Call, Handler
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotReady, WatchbillError

logger = logging.getLogger("watchbill.frontdoor")


@csrf_exempt  # who calls proves it by a signature
def callback(request: HttpRequest, kind: str, name: str, rest: str = "") -> HttpResponse:
    """/in/KIND/NAME/... for a kind that calls back."""
    if kind not in CALLBACKS:
        return _error(404, "not_found", "There is no such way in.")
    handler: Handler = import_string(CALLBACKS[kind])
    headers = {key.lower(): value for key, value in request.headers.items()}
    query = request.META.get("QUERY_STRING", "")
    try:
        body = request.body
    except RequestDataTooBig:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return _error(413, "too_big", f"The callback is longer than {most} bytes, which no remote sends.", {"most": most})
    call = Call(name, rest.rstrip("/"), request.method or "", settings.PUBLIC_URL + request.get_full_path(), headers, query, body)
    try:
        answer = handler(call, database_now())
    except WatchbillError as error:
        return _error(error.status, error.code, error.message, error.details)
    except (OperationalError, InterfaceError):
        return _error(503, "not_ready", "The database does not answer. Send the same callback again.")
    except DataError:
        return _error(422, "invalid", "A value in the callback is too big or has characters that cannot be stored.")
    except Exception as error:  # noqa: BLE001  its words may quote the request
        frame = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("a callback failed: %s in %s, line %s", type(error).__name__, frame.filename, frame.lineno, extra={"kind": kind})
        return _error(500, "internal", "This callback could not be handled; it is in the log. Send it again.")
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type, headers={**PRIVATE, **answer.headers})


PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _error(status: int, code: str, message: str, details: Any = None) -> HttpResponse:
    body = json.dumps({"error": code, "message": message, "details": details or {}})
    again = {"Retry-After": "5"} if status == NotReady.status else {}
    return HttpResponse(body, status=status, content_type="application/json", headers={**PRIVATE, **again})
