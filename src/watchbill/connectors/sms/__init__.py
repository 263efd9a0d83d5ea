"""Text messages, by any provider of telephones."""
