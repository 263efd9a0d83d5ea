"""What happens to a thread of a shared mailbox: one transaction each."""
