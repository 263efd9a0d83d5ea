"""What is decided about a platform. Pure."""
