"""Writes of platforms, one transaction each."""
