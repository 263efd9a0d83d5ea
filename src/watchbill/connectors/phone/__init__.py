"""Telephones: which provider, in which order, and what a person may do by message or key."""
