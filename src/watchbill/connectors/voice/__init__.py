"""Calls, by any provider of telephones that speaks."""
