"""The conversation that asks for answers."""
