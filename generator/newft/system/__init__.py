"""Read the machine, and files outside the project."""
