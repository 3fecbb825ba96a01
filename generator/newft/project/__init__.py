"""Render the project of a plan and write it to disk."""
