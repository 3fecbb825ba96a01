"""The base model: which one is suggested, what its own files say, what fits."""
