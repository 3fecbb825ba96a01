"""The base model and what is trained beside it."""
