"""Phases, roles, hypotheses and duties of a project."""
