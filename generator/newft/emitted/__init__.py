"""Modules that every project gets as they are; standard library only."""
