"""Complete the answers that come from another tool's configuration by what the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from newft.answers.imports.carried import RECIPE_PREFIX, ImportedAnswers
from newft.answers.keys import FILES_KEY, RawAnswers
from newft.answers.yaml_file import combine_faults
from newft.catalog.lookup import find_family, find_size
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
        template = imported.template.name if imported.template else None
        families = list_families_of_template(template, catalog)
        if len(families) == 1:  # several families share some templates
            answers["family"] = families[0]
    return {**answers, **given}


class ImportRemarks(NamedTuple):
    """What is said of a configuration of another tool."""

    warnings: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()


def list_import_remarks(
    imported: ImportedAnswers, given: RawAnswers, catalog: Catalog
) -> ImportRemarks:
    """Return what could not be carried over; the last notes say why data have to be given."""
    template = _compare_template(imported, given, catalog)
    missing = () if FILES_KEY in given else imported.missing_data
    reasons = (
        Text(f"{one.where}: {one.to('en')[0]}", f"{one.where}：{one.to('zh')[0]}")
        for one in missing
    )
    notes = (*imported.notes, *([template] if template else []), *reasons)
    return ImportRemarks(imported.warnings, notes)


def refuse_missing_data(imported: ImportedAnswers, given: RawAnswers) -> None:
    """Refuse to use the sample in place of records that the file names.

    Raises:
        UsageError: If records cannot be used, and nothing says what to use in their place.
    """
    if imported.missing_data and FILES_KEY not in given:
        path = str(imported.missing_data[0].where).rpartition(":")[0]
        raise combine_faults(
            path,
            imported.missing_data,
            hint=Text(
                f"give the records with --data FILE; --set {FILES_KEY}=[] takes the sample",
                f"请用 --data 文件 给出数据；若要用自带样例，请写 --set {FILES_KEY}=[]",
            ),
        )


def _compare_template(
    imported: ImportedAnswers, given: RawAnswers, catalog: Catalog
) -> Text | None:
    """Note a chat template that is not the one of the model."""
    if imported.template is None:
        return None
    name, place = imported.template
    model = str(given.get("model", ""))
    family = catalog.families.get(str(given.get("family") or find_family(model, catalog)))
    size = find_size(model, catalog)
    own = size.llama_factory_template if size else None
    usual = own or (family.chat.llama_factory_template if family else None)
    if name == usual:
        return None
    calls = Text(
        f", which LLaMA-Factory calls `{usual}`" if usual else "",
        f"（LLaMA-Factory 中名为 `{usual}`）" if usual else "",
    )
    return Text(
        f"{place}: `template: {name}` is not carried over: a project uses the chat template of "
        f"its model{calls.en}",
        f"{place}：`template: {name}` 未带入：项目使用模型自带的对话模板{calls.zh}",
    )


def _check_last_block(imported: ImportedAnswers, model: str, catalog: Catalog) -> None:
    """Refuse blocks that are not the last of the model, as far as the catalogue knows it."""
    size, last = find_size(model, catalog), imported.last_block
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
    """Let an error about an answer of the file name its line there, and how to override it."""
    try:
        yield
    except NewftError as error:
        key = error.where or ""
        place = imported.places.get(key) if imported else None
        if imported and place and given.get(key) == imported.answers.get(key):
            error.where = place
            error.add_hint(
                Text(
                    f"correct the file, or override it: --set {key}=VALUE",
                    f"请修改该文件，或用 --set {key}=值 覆盖",
                )
            )
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
