"""Complete the answers that come from another tool's configuration by what the catalogue knows."""

from __future__ import annotations

from newft.answers.imports.carried import RECIPE_PREFIX, ImportedAnswers
from newft.answers.keys import RawAnswers
from newft.catalog.lookup import find_family
from newft.catalog.model_names import find_listed_model
from newft.schema.catalog import Catalog


def complete_imported_answers(
    imported: ImportedAnswers, given: RawAnswers, catalog: Catalog
) -> RawAnswers:
    """Return the imported answers below those that are given.

    The family of a model that the catalogue does not list is told by the name of its chat template.
    Where another method is given, the values of the imported one are left out.
    """
    answers = dict(imported.answers)
    method = given.get("method", answers.get("method"))
    if method != answers.get("method"):
        known = catalog.methods.get(str(answers.get("method")))
        for name in known.values if known else ():
            answers.pop(f"{RECIPE_PREFIX}{name}", None)
    model = str(answers.get("model", ""))
    if listed := find_listed_model(model, catalog):  # such as `chatglm3-6b`
        answers["model"] = model = listed
    if "model" not in given and "family" not in given and not find_family(model, catalog):
        families = list_families_of_template(imported.template, catalog)
        if len(families) == 1:  # several families share some templates
            answers["family"] = families[0]
    return {**answers, **given}


def list_families_of_template(template: str | None, catalog: Catalog) -> list[str]:
    """List the families whose chat template has this name in LLaMA-Factory."""
    return [
        family.id
        for family in catalog.families.values()
        if template
        and template
        in (
            family.chat.llama_factory_template,
            *(size.llama_factory_template for size in family.sizes),
        )
    ]
