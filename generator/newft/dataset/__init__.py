"""What is in the user's data files."""
