"""The machine and the user's own files."""
