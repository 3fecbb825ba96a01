"""Estimates of a run: parameters, tokens, memory, time, cost."""
