"""What there is: domains, model families and accelerators, as the YAML files say it."""
