"""Pure decisions about issues: what a label says, what a human word is, when a write is tried again, how far a project was read."""
