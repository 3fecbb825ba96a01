"""From a plan to a folder on disk: the only effects of newft."""
