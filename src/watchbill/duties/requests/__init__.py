"""Requests that wait in a queue and are decided by criteria: what was found of each, who decided, and how long the applicant waits."""
