"""Twilio: text messages, calls and what it tells about them."""
