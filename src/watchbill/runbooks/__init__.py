"""What to do when it happens: runbooks with every version of theirs, and where each is shown."""
