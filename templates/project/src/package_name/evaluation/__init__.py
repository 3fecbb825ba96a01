"""Predictions, statistics and tables."""
