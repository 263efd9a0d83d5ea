"""What waits in a queue, and what is silent, as one viewer may see it."""
