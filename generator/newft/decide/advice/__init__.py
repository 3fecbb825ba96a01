"""Advise whether to prompt, retrieve, fine-tune, combine them, or use a classical model."""
