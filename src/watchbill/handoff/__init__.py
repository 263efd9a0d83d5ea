"""Work goes from one person to the next without a gap: offered, read back, accepted; nothing moves before that."""
