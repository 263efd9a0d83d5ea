"""Runbooks over HTTP, to read: what to do, as it reads now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import cursor_field, entry_id, limit_field
from watchbill.api.shapes import ListOut, Moment, Word
from watchbill.runbooks.selectors import by_id, describe, listed

router = Router(tags=["runbooks"])
read = needs("incidents:read")


class RunbookOut(Schema):
    id: int
    title: str
    team: str
    version: int
    changed_at: Moment
    retired_at: Moment | None
    text: str = Field(description="Markdown.")


@router.get("/runbooks", response=ListOut[RunbookOut], **read)
def list_runbooks(
    request: HttpRequest,
    q: Word = Query("", description="Words of its title or text."),
    team: Word = Query("", description="Of one team."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """Those in use."""
    rows = listed(caller(request).viewer, text=q, team=team).filter(id__gt=entry_id(cursor)).order_by("id")
    found = list(rows[: limit + 1])
    return answer({"items": describe(found[:limit]), "next": str(found[limit - 1].id) if len(found) > limit else None})


@router.get("/runbooks/{int:id}", response=RunbookOut, **read)
def get_runbook(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002  the address names it so
    """One runbook."""
    (data,) = describe([by_id(caller(request).viewer, id)])
    return answer(data)
