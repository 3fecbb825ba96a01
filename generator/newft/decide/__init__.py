"""What the numbers are and why: pure functions from answers, facts and catalogue to a plan."""

from newft.decide.naming import package_name, valid_name
from newft.decide.plan import make_plan
from newft.decide.recipe import make_recipe
from newft.decide.suggest import ModelChoice, suggest_model

__all__ = [
    "ModelChoice",
    "make_plan",
    "make_recipe",
    "package_name",
    "suggest_model",
    "valid_name",
]
