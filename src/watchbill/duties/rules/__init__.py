"""Pure decisions: in which order items wait, and when silence is too long, whom to ask, and when again."""
