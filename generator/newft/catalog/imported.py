"""Complete the answers that come from another tool's configuration by what the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from newft.answers.imports.carried import RECIPE_PREFIX, ImportedAnswers
from newft.answers.keys import FILES_KEY, RawAnswers
from newft.catalog.lookup import find_family
from newft.catalog.model_names import find_listed_model
from newft.errors import NewftError, UsageError
from newft.schema.catalog import Catalog
from newft.text import Text


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
    if answers.get("method") == method == "freeze":
        _check_last_block(imported, model, catalog)
    if listed := find_listed_model(model, catalog):  # such as `chatglm3-6b`
        answers["model"] = model = listed
    if "model" not in given and "family" not in given and not find_family(model, catalog):
        families = list_families_of_template(imported.template, catalog)
        if len(families) == 1:  # several families share some templates
            answers["family"] = families[0]
    return {**answers, **given}


def list_import_notes(imported: ImportedAnswers, given: RawAnswers) -> tuple[Text, ...]:
    """Return what could not be carried over; the last note says where no data came along."""
    if imported.data_place is None or FILES_KEY in given:
        return imported.notes
    missing = Text(
        f"{imported.data_place}: none of these data sets was found, so the project has the sample "
        "rows: give yours with --data FILE",
        f"{imported.data_place}：这些数据集都没有找到，项目将使用示例数据；"
        "请用 --data FILE 给出数据",
    )
    return (*imported.notes, missing)


def _check_last_block(imported: ImportedAnswers, model: str, catalog: Catalog) -> None:
    """Refuse blocks that are not the last of the model, as far as the catalogue knows it."""
    sizes = {
        name: size
        for family in catalog.families.values()
        for size in family.sizes
        for name in (size.hub_id, size.modelscope_id)
    }
    size, last = sizes.get(model), imported.last_block
    if size is None or last is None or last + 1 == size.layers:
        return
    raise UsageError(
        Text(
            f"block {last} is not the last of {model}, which has {size.layers}; newft trains the "
            "last blocks",
            f"第 {last} 层不是 {model} 的最后一层（共 {size.layers} 层），newft 只训练最后几层",
        ),
        where=imported.places[f"{RECIPE_PREFIX}trained_blocks"],
        hint=Text(
            f"name the blocks up to {size.layers - 1}, or give --method lora",
            f"请写到第 {size.layers - 1} 层，或改用 --method lora",
        ),
    )


@contextmanager
def name_imported_places(imported: ImportedAnswers | None, given: RawAnswers) -> Iterator[None]:
    """Let an error about an answer that the file gives name its line of that file."""
    try:
        yield
    except NewftError as error:
        key = error.where or ""
        place = imported.places.get(key) if imported else None
        if imported and place and given.get(key) == imported.answers.get(key):
            error.where = f"{place}: {key}"
        raise


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
