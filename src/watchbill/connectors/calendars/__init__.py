"""Calendars of people, by their address: read for the time off in them."""
