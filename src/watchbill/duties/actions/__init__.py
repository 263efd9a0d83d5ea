"""Items taken, given back, done, promoted; queues gone through; silence asked about, or left alone for a while."""
