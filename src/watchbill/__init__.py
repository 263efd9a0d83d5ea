"""Watchbill: the on-call desk of security response teams."""

__version__ = "0.1.0"
