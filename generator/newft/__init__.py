"""newft: start LLM fine-tuning projects that run, are right, and stay yours."""

__version__ = "0.1.0"
