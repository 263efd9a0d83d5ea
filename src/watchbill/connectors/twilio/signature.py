"""Did Twilio send this? Its signature covers the public address and every field of the form."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit, urlunsplit

Form = list[tuple[str, str]]


def form_of(body: bytes) -> Form:
    """The fields of a form as they came, empty ones too. Raises ValueError for what is no form."""
    return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)


def sign(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """base64(HMAC-SHA1(token, url + each distinct name and value, in order))."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_genuine(signature: str, token: str, url: str, form: Form) -> bool:
    """Compared in constant time, with and without the port in the address, since Twilio signs either."""
    fits = [hmac.compare_digest(sign(token, each, form).encode(), signature.encode()) for each in spellings(url)]
    return bool(token) and any(fits)


def spellings(url: str) -> tuple[str, str]:
    """The address with and without its port."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.netloc.rpartition(":")[0] if parts.port else parts.netloc)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return urlunsplit(parts._replace(netloc=host)), urlunsplit(parts._replace(netloc=f"{host}:{port}"))
