"""What of an address may be read by others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.kernel.discreet import by_host, discreet, hushed

SECRET = "https://me:pass@Hook.example.org:8443/services/T0/s3cret?token=abc#x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SECRET, "hook.example.org"),
        (f"Sent to {SECRET}.", "Sent to hook.example.org."),
        (f'{{"webhook": "{SECRET}"}}', '{"webhook": "hook.example.org"}'),
        ("tgram://123:abc/45", "123"),
        ("http://[::1/x", "an address"),
        ("mail to alice@example.org, not //x", "mail to alice@example.org, not //x"),
        ("", ""),
    ],
)
def test_a_url_is_said_by_its_host(text, said):
    assert by_host(text) == said


def test_everything_inside_is_looked_at():
    before = {"fields": {"steps": [[{"notify": [{"webhook": SECRET}], "wait": "5m"}], None]}, "was": {"n": 3, "url": SECRET}}
    assert discreet(before) == {
        "fields": {"steps": [[{"notify": [{"webhook": "hook.example.org"}], "wait": "5m"}], None]},
        "was": {"n": 3, "url": "hook.example.org"},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("550 5.1.1 <alice@example.org>: user unknown", "550 5.1.1 <...@example.org>: user unknown"),
        ("The number +15005550011 is unverified.", "The number ...0011 is unverified."),
        (f"{SECRET} answered 404", "hook.example.org answered 404"),
        ("refused at 2026-11-25 23:54+0000, code 21211", "refused at 2026-11-25 23:54+0000, code 21211"),
    ],
)
def test_words_of_a_provider_name_no_way_to_a_person(text, said):
    assert hushed(text) == said


@given(st.text(max_size=200))
def test_any_text_is_taken(text):
    hushed(text)


@given(st.text(alphabet=st.characters(codec="ascii", categories=("L", "N")), min_size=6, max_size=40))
def test_no_path_gets_through(path):
    assert f"/{path}" not in by_host(f"https://h.example.org/{path}")
