"""How do many events become one statement? As five arrays in PostgreSQL's binary form, built here because that is half of the work of a commit."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Protocol

INT8, BYTEA, TEXT = 20, 17, 25  # oids of the elements
STORE_NAME = b"store_events"
STORE = b"""
WITH stored AS (
    INSERT INTO intake_event (key_id, service_id, kind, received_at, dedup_key, body, state, tries, outcome, batch)
    SELECT r.key_id, r.service_id, r.kind, (SELECT clock_timestamp()), r.dedup_key, r.body,
        CASE WHEN r.kind = 'change' THEN 'done' ELSE 'pending' END, 0, CASE WHEN r.kind = 'change' THEN 'Stored.' ELSE '' END, $6::bigint
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bytea[]) AS r(key_id, service_id, kind, dedup_key, body)
    RETURNING id
)
SELECT max(id), pg_notify('watchbill_events', '') FROM stored
"""

# The same for what waited in a journal, heard so many seconds ago ($7), and for what an earlier commit, the first of them with the number
# $8, may have stored and may still store: whoever takes events in looks there.
AGAIN_NAME = b"store_events_again"
AGAIN = (
    b"WITH again AS (INSERT INTO intake_storedagain (batch, first, after) SELECT $6::bigint, $8::bigint, $9::bigint WHERE $8 IS NOT NULL), "
    + STORE.strip()
    .removeprefix(b"WITH ")
    .replace(b"outcome, batch)", b"outcome, batch, arrived_at)")
    .replace(b"$6::bigint\n", b"$6::bigint, (SELECT clock_timestamp()) - make_interval(secs => $7::float8)\n")
)

_header = struct.Struct(">iiiii").pack
_length = struct.Struct(">i").pack
_int8 = struct.Struct(">q").pack
_float8 = struct.Struct(">d").pack


class Row(Protocol):
    """What of an event is stored."""

    @property
    def key_id(self) -> int: ...
    @property
    def service_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def dedup_key(self) -> str: ...
    @property
    def body(self) -> bytes: ...


def values(batch: Sequence[Row], number: int) -> list[bytes]:
    """The parameters of STORE, all of them binary."""
    return [
        _array(INT8, [_int8(item.key_id) for item in batch]),
        _array(INT8, [_int8(item.service_id) for item in batch]),
        _array(TEXT, [item.kind.encode("utf-8", "replace") for item in batch]),
        _array(TEXT, [item.dedup_key.encode("utf-8", "replace") for item in batch]),
        _array(BYTEA, [item.body for item in batch]),
        _int8(number),
    ]


def more(old: float | None, first: int | None, after: int) -> list[bytes | None]:
    """What AGAIN takes besides: an age in seconds, the number of the first commit, and an id below all of theirs."""
    return [None if old is None else _float8(old), None if first is None else _int8(first), _int8(after)]


def _array(oid: int, elements: Sequence[bytes]) -> bytes:
    return _header(1, 0, oid, len(elements), 1) + b"".join(_prefixed(elements))


def _prefixed(elements: Iterable[bytes]) -> Iterable[bytes]:
    for element in elements:
        yield _length(len(element))
        yield element
