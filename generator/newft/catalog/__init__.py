"""Load domains, model families, methods and accelerators from their YAML files."""
