"""What whoever has the watch learns on the way, in one line each, and what became of it."""
