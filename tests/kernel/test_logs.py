"""Logs carry ids, never secrets and never rows."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from watchbill.kernel.logs import OneLine, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("POST /in/alertmanager/0123456789abcdef HTTP/1.1", "POST /in/alertmanager/*** HTTP/1.1"),
        ("GET /a/eyJhbGciOi:1x:abc?act=resolve", "GET /a/***?act=resolve"),
        ("GET /calendar/k3f9q.ics", "GET /calendar/***"),
        ("GET /setup/1795-abc", "GET /setup/***"),
        ("GET /accounts/password/reset/key/1-dc2x5r-9f8e7d/", "GET /accounts/password/reset/key/***/"),
        ("POST /push/acknowledge/3.5.7~abc", "POST /push/acknowledge/***"),
        ("GET /incidents/12", "GET /incidents/12"),
        ("duplicate key\nDETAIL: Key (title)=(the secret) exists.", "duplicate key\nDETAIL: left out"),
    ],
)
def test_secrets_and_rows_are_left_out(text, masked):
    assert mask(text) == masked


def test_a_record_is_one_line_with_its_own_fields_and_a_masked_trace():
    try:
        raise ValueError("GET /in/alertmanager/0123456789abcdef")
    except ValueError:
        record = logging.LogRecord("watchbill.x", logging.ERROR, __file__, 1, "page %s", (5,), sys.exc_info())
    record.incident = 7
    line = OneLine().format(record)
    row = json.loads(line)
    assert "\n" not in line
    assert (row["level"], row["message"], row["incident"], row["error"]) == ("error", "page 5", 7, "ValueError")
    assert "0123456789abcdef" not in line
