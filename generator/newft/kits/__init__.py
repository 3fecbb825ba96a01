"""Starter kits: where they come from, what they inherit, and what they add to a project."""
