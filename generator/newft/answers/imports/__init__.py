"""Training configurations of other tools, read as answers."""
