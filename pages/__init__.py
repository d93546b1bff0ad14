"""What the visitor sees: one screen a file."""
