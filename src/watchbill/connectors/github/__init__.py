"""GitHub, its REST API (2022-11-28) and its webhooks."""
