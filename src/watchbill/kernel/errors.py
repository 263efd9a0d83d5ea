"""Every way in which Watchbill refuses, in one tree.

WatchbillError
 ├─ Refused            the request is understood and not possible now          409
 │   └─ AlreadyDone    somebody else was first, or it is done already           409
 ├─ Invalid            the input breaks a rule; says what was expected         422
 ├─ NotAllowed         seen, but this person may not                           403
 ├─ NotFound           does not exist, or this person must not learn of it     404
 ├─ NotSignedIn        nobody knows who asks                                   401
 └─ NotReady           a part that is needed is away; try again                503

Raised by rules and actions; the web, the API and the command line each translate them in one place.
"""

from __future__ import annotations

from typing import Any, ClassVar


class WatchbillError(Exception):
    """Something was refused. The message says what happened, what was expected and what to do next."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Refused(WatchbillError):
    """Understood, and not possible in the state things are in now."""

    code = "refused"
    status = 409


class AlreadyDone(Refused):
    """Somebody was first, or it was done before."""

    code = "already_done"


class Invalid(WatchbillError):
    """The input breaks a rule."""

    code = "invalid"
    status = 422


class NotAllowed(WatchbillError):
    """The object may be seen, the act may not be done by this person."""

    code = "not_allowed"
    status = 403


class NotFound(WatchbillError):
    """It does not exist, or this person must not learn that it does."""

    code = "not_found"
    status = 404


class NotSignedIn(WatchbillError):
    """No session, no token, or one that ended."""

    code = "not_signed_in"
    status = 401


class NotReady(WatchbillError):
    """A part that is needed is away; the same request may work later."""

    code = "not_ready"
    status = 503
