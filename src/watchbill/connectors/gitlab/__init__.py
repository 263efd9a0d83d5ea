"""GitLab, its REST API v4 and its webhooks."""
