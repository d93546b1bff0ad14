"""The pages of the app: one page a file."""
