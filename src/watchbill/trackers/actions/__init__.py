"""What is wanted of trackers, what is mirrored from them, and how writes end."""
