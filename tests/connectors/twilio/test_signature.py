"""Our reading of Twilio's signature and that of Twilio's own library, on the same bytes."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from watchbill.connectors.twilio.signature import form_of, is_genuine, sign

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
forms = st.dictionaries(texts, texts, max_size=6)
urls = st.sampled_from(
    [
        "https://desk.example.org/in/twilio/main/sms",
        "https://desk.example.org:8443/in/twilio/main/status/7f",
        "http://127.0.0.1:8470/in/twilio/main/voice/7f",
        "http://desk.example.org/in/twilio/main/gather/7f/2?x=1",
    ]
)


@pytest.mark.req("P16")
@given(urls, forms, texts.filter(bool), texts)
def test_twilios_own_library_agrees_on_the_same_bytes(url, form, token, other):
    theirs = RequestValidator(token)
    read = form_of(urlencode(form).encode())
    assert dict(read) == form
    signature = theirs.compute_signature(url, form)
    assert sign(token, url, read) == signature
    assert is_genuine(signature, token, url, read)
    for claimed in (signature, sign(other, url, read), signature[:-2] + "x=", ""):
        assert is_genuine(claimed, token, url, read) == theirs.validate(url, form, claimed)


@pytest.mark.parametrize(
    ("called", "configured"),
    [
        ("https://desk.example.org:443/x", "https://desk.example.org/x"),
        ("https://desk.example.org/x", "https://desk.example.org:8443/x"),
        ("http://desk.example.org:80/x", "http://desk.example.org/x"),
    ],
)
def test_a_signature_over_the_address_with_or_without_port_is_taken(called, configured):
    form = [("From", "+15005550011")]
    assert is_genuine(RequestValidator("t").compute_signature(called, dict(form)), "t", configured, form)
    assert RequestValidator("t").validate(configured, dict(form), sign("t", called, form))


def test_one_changed_field_or_an_empty_token_is_refused():
    url = "https://desk.example.org/in/twilio/main/gather/7f/1"
    good = sign("t", url, [("Digits", "1")])
    assert is_genuine(good, "t", url, [("Digits", "1")])
    assert not is_genuine(good, "t", url, [("Digits", "2")])
    assert not is_genuine(good, "t", url.replace("/1", "/2"), [("Digits", "1")])
    assert not is_genuine(sign("", url, []), "", url, [])
    assert not is_genuine("\u00e9", "t", url, [])
