"""Answers: their keys, how they are read and written."""
