"""A fine-tuning project: config/run.yaml says what, the modules here say how."""
