"""Mail by the operator's SMTP server."""
