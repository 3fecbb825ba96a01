"""Examples, batches, progress and the folder of a run."""
