"""What every answer carries, and what a refusal looks like on a page."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin

from watchbill.kernel.errors import Invalid, NotFound, NotReady, NotSignedIn, WatchbillError

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'"
POLICY += "; base-uri 'none'; frame-ancestors 'none'"  # these two do not follow from default-src
POLICY += "; worker-src 'self'; manifest-src 'self'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOR_MACHINES = ("/api/", "/in/", "/v2/")
TITLES = {403: "Not for you to do", 404: "Nothing here", 409: "Not possible now", 422: "That was not understood", 503: "Away for a moment"}


class SecurityHeaders(MiddlewareMixin):
    """No script or style but our own files, no address leaks, nothing kept in a cache that shows a state. A view may be stricter."""

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


class Errors(MiddlewareMixin):
    """Turns a refusal into a calm page with its status, and a lost database into one that says so."""

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """No browser types a NUL, and no column holds one: said here once for all pages. Ways in for machines have words of their own."""
        if request.path.startswith(FOR_MACHINES):
            return None
        given = [text for fields in (request.GET, request.POST) for name in fields for text in (name, *fields.getlist(name))]
        if any("\x00" in text for text in given):
            return refusal(request, Invalid("What was sent holds a character that no text has (NUL). Nothing was changed."))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotSignedIn):
            return redirect_to_login(request.get_full_path())
        if isinstance(error, WatchbillError):
            return refusal(request, error)
        if isinstance(error, (OperationalError, InterfaceError)):
            return database_away()
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Somebody who reloads the address of a form in the bar sees a page, not a blank window of the browser."""
        read_by_somebody = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not read_by_somebody:
            return response
        said = {"title": "Only a button leads here", "message": "This address takes what a form sends. Nothing was changed.", "back": "/"}
        page = render(request, "errors/refused.html", said, status=response.status_code)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page


def refusal(request: HttpRequest, error: WatchbillError) -> HttpResponse:
    """The page of one refusal. What must not be known looks exactly like what does not exist."""
    if isinstance(error, NotFound):
        return render(request, "404.html", status=error.status)
    title = TITLES.get(error.status, "Not possible")
    return render(request, "errors/refused.html", {"title": title, "message": error.message, "back": _back(request)}, status=error.status)


def database_away() -> HttpResponse:
    """Said without the database: neither account nor frame can be looked up."""
    body = render_to_string("errors/away.html")
    return HttpResponse(body, status=NotReady.status, headers={"Retry-After": "5"})


def _back(request: HttpRequest) -> str:
    """The page that the refused form stood on, when it was one of ours."""
    here = f"{request.scheme}://{request.get_host()}/"
    referer = request.headers.get("Referer", "")
    return "/" + referer.removeprefix(here) if referer.startswith(here) else "/"
