"""HackerOne, its customer API (v1) and its webhooks."""
