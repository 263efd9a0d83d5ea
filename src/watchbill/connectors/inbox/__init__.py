"""The inbox of the demo: mails are shown on screen and leave to nobody."""
