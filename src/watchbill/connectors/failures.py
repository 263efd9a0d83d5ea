"""The ways in which sending fails. A connector raises these and nothing else, `from` what caused them."""

from __future__ import annotations


class Failure(Exception):
    """Sending failed. The text is one sentence for the timeline, without contents and without secrets."""


class TemporaryFailure(Failure):
    """Certainly not delivered; a later try may work."""


class PermanentFailure(Failure):
    """Certainly not delivered, and no later try will work."""


class UnknownEnd(Failure):
    """It may have been delivered: the other side got it and did not say so. A later try is a possible duplicate."""
