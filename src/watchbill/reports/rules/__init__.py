"""Pure decisions about vulnerability reports: the way through triage, promises and their clocks, severity, bounty, disclosure, likeness."""
