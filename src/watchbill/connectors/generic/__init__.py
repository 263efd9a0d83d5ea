"""Any monitor's own JSON, or a form."""

from __future__ import annotations

from watchbill.connectors.generic.reading import decode, parse, problem

__all__ = ["decode", "parse", "problem"]
