"""Tell the family of a model from its own files, and check that it is the one that was chosen."""

from __future__ import annotations

from newft.errors import IncompatibleError
from newft.schema.catalog import Catalog
from newft.schema.family import GENERIC_FAMILY, Family
from newft.schema.model_facts import ModelFacts
from newft.text import Text, join_names, join_texts, to_bilingual_text

# Added tokens and padding change a vocabulary by less: Qwen2.5 has 151,936 or 152,064 rows.
VOCABULARY_TOLERANCE = 0.02


def identify_family(model: ModelFacts, catalog: Catalog) -> str | None:
    """Return the only family that the model can belong to; None for none or several."""
    found = list_possible_families(model, catalog)
    return found[0].id if len(found) == 1 else None


def list_possible_families(model: ModelFacts, catalog: Catalog) -> tuple[Family, ...]:
    """List the families that the model can belong to; empty if its config names no class."""
    if not (model.architectures or model.model_type):
        return ()
    families = catalog.families.values()
    found = [
        family
        for family in families
        if _is_near_vocabulary(model.vocabulary, family) and _is_compatible(model, family, catalog)
    ]
    most = max((len(family.chat.marks) for family in found), default=0)
    told = model.chat is not None and model.chat.end_of_turn is not None
    return tuple(one for one in found if not told or len(one.chat.marks) == most)


def refuse_contradictory_class(model: ModelFacts, catalog: Catalog) -> None:
    """Raise `IncompatibleError` where config.json names the class of one model and the type of
    another: transformers goes by the type, and would build that one.
    """
    families = catalog.families.values()
    classes = {one.id for one in families if {*one.architectures} & {*model.architectures}}
    types = {one.id for one in families if model.model_type in one.model_types}
    if model.own_code or not classes or not types or classes & types:
        return
    named = join_names(model.architectures)
    raise IncompatibleError(
        Text(
            f"config.json of the model contradicts itself: architectures is {named.en}, but "
            f"model_type is {model.model_type}",
            f"模型的 config.json 自相矛盾：architectures 为 {named.zh}，model_type 却是 "
            f"{model.model_type}",
        ),
        where="model",
        hint=Text("copy config.json again from its source", "请从来源重新复制 config.json"),
    )


def check_architecture(model: ModelFacts | None, family: Family, catalog: Catalog) -> None:
    """Raise `IncompatibleError` if the model in the folder belongs to another family."""
    found = _describe_architecture(model) if model else None
    if model is None or found is None or _is_compatible(model, family, catalog):
        return
    if _has_class(model, family) and not _has_template(model, family):
        message = _explain_other_template(model, family)
    else:
        wanted = join_names(family.architectures)
        if family.text_model_types:
            types = join_names(family.text_model_types)
            wanted = join_texts((wanted, types), Text(" / ", " / "))
        message = Text(
            f"config.json in this folder declares {found}, but {family.title} needs {wanted.en}",
            f"该文件夹的 config.json 声明的是 {found}，而 {family.title} 要求 {wanted.zh}",
        )
    others = [f"--family {one.id}" for one in list_possible_families(model, catalog)]
    hint = Text(
        f"leave out the family, or give --family {GENERIC_FAMILY}: the values then come from the "
        "model's own files",
        f"请不指定系列，或改用 --family {GENERIC_FAMILY}：各项数值取自模型自身的文件",
    )
    if others:
        hint = Text(f"give {' or '.join(others)}", f"请改用 {' 或 '.join(others)}")
    raise IncompatibleError(message, where="model, family", hint=hint)


def explain_no_family(model: ModelFacts, catalog: Catalog) -> Text:
    """Say why a model goes by its own files: in what it differs from the families of its class."""
    name = _describe_architecture(model) or "?"
    if possible := list_possible_families(model, catalog):
        others = join_texts(
            (to_bilingual_text(family.title) for family in possible), Text(" or ", " 或 ")
        )
        return Text(
            f"{name} goes by its own files, not as {others.en}",
            f"{name} 按自身的文件来定，不按 {others.zh}",
        )
    same = [family for family in catalog.families.values() if _has_class(model, family)]
    if not same or not (model.architectures or model.model_type):
        return Text(
            f"newft lists no family with the class of this model, {name}",
            f"newft 未收录使用该模型类的系列：{name}",
        )
    near = [
        family
        for family in same
        if _is_near_vocabulary(model.vocabulary, family)
        and _has_vocabulary(model.vocabulary, family, catalog)
    ]
    titles = join_names(family.title for family in near or same)
    if not near:
        return Text(
            f"{name} has the class of {titles.en}, but a vocabulary of another size",
            f"{name} 的模型类与 {titles.zh} 相同，但词表大小不同",
        )
    return Text(
        f"{name} has the class and vocabulary of {titles.en}, but another chat template",
        f"{name} 的模型类和词表与 {titles.zh} 相同，但对话模板不同",
    )


def _explain_other_template(model: ModelFacts, family: Family) -> Text:
    own, other = model.chat.end_of_turn if model.chat else None, family.chat.end_of_turn
    if own == other:
        missing = join_names(family.chat.marks)
        return Text(
            f"the chat template in this folder has no {missing.en}, as that of {family.title} has",
            f"该文件夹的对话模板中没有 {missing.zh}，而 {family.title} 的模板里有",
        )
    return Text(
        f"the chat template in this folder ends an answer with {own}, but that of "
        f"{family.title} with {other}",
        f"该文件夹的对话模板以 {own} 结束回答，而 {family.title} 用 {other}",
    )


def _describe_architecture(model: ModelFacts) -> str | None:
    """Return the architecture and vocabulary size that config.json declares, if any."""
    name = ", ".join(model.architectures) or model.model_type
    if name and model.text_model_type:
        name = f"{name} / {model.text_model_type}"
    if name and model.vocabulary:
        return f"{name} ({model.vocabulary:,} tokens)"
    return name


def _is_compatible(model: ModelFacts, family: Family, catalog: Catalog) -> bool:
    """Return True if the model may belong to the family, where the user says that it does.

    Families that share an architecture differ in the chat template and in the vocabulary; one of
    a size that no family has was made for this model.
    """
    return (
        _has_vocabulary(model.vocabulary, family, catalog)
        and _has_class(model, family)
        and _has_template(model, family)
    )


def _is_near_vocabulary(size: int | None, family: Family) -> bool:
    """Return whether a vocabulary can be one of the family that was extended."""
    own = {one.vocabulary for one in family.sizes}
    return size is None or any(abs(size - one) <= VOCABULARY_TOLERANCE * one for one in own)


def _has_vocabulary(size: int | None, family: Family, catalog: Catalog) -> bool:
    """Return whether a vocabulary is of the family, or of none with the same class."""
    known = {
        one.vocabulary
        for each in catalog.families.values()
        if {*each.architectures} & {*family.architectures}
        for one in each.sizes
    }
    own = {one.vocabulary for one in family.sizes}
    return size in own or size not in known


def _has_class(model: ModelFacts, family: Family) -> bool:
    """Return whether the class of the model, and of the language model in it, is the family's."""
    inner, known = model.text_model_type, family.text_model_types
    return _has_architecture(model, family) and (not (inner and known) or inner in known)


def _has_architecture(model: ModelFacts, family: Family) -> bool:
    if model.architectures:
        return any(name in family.architectures for name in model.architectures)
    if family.model_types and model.model_type:
        return model.model_type in family.model_types
    kind = (model.model_type or "").replace("_", "")
    names = (name.removesuffix("ForCausalLM").lower() for name in family.architectures)
    return not kind or kind in names


def _has_template(model: ModelFacts, family: Family) -> bool:
    """Return whether the template ends an answer as the family's does; True if it is not known."""
    chat = model.chat
    if chat is None or chat.end_of_turn is None:
        return True
    ends = {family.chat.end_of_turn, *family.chat.stop_tokens}
    return chat.end_of_turn in ends and {*family.chat.marks} <= {*chat.control_tokens}
