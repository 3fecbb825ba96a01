"""The cash flow of a project: figures, costs, benefit, scenarios, other approaches."""
