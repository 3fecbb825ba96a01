"""What the files of a model rule out, and what they lack, said when the model is chosen."""

from __future__ import annotations

from collections.abc import Iterator

from newft.decide.estimate.parameter_count import count_parameters
from newft.errors import IncompatibleError
from newft.schema.family import GENERIC_FAMILY, Family, ModelSpec
from newft.schema.model_facts import ModelFacts
from newft.text import Text, join_names, join_texts

# `count_parameters` leaves out norms and biases, less than 0.1 % of any model of the catalogue. The
# files may hold more than config.json says: a block that predicts further tokens is one more layer,
# up to 6 % (of 16). Rule of newft: what is off by more than a tenth has another width, vocabulary,
# or several layers more or less.
COUNT_TOLERANCE = 0.1
# transformers turns them into bf16: gpt-oss, Ministral 3
TRAINABLE_QUANTIZATION = frozenset({"mxfp4", "fp8"})
LISTED_FILES = 3


def check_model_files(model: ModelFacts, family: Family, size: ModelSpec | None) -> None:
    """Raise `IncompatibleError` for files with which no project of the family can train."""
    refuse_unusable_files(model, by_project=family.successor is None)
    if size and (contradiction := _find_contradiction(model, family, size)):
        raise contradiction


def refuse_unusable_files(model: ModelFacts, *, by_project: bool) -> None:
    """Raise `IncompatibleError` for files with which no project, or no other tool, can train."""
    faults = [*_find_damage(model), *(_find_faults(model) if by_project else ())]
    for message, hint in faults:
        raise IncompatibleError(message, where="model", hint=hint)


def list_file_warnings(model: ModelFacts, family: Family) -> Iterator[Text]:
    """List what is still missing in the files of a model, or not as it should be."""
    weights = model.weights
    if weights and weights.kind == "none":
        needed = Text(
            "`make train` needs its *.safetensors", "`make train` 需要其中的 *.safetensors"
        )
        if family.successor is not None:
            needed = Text("LLaMA-Factory needs them", "LLaMA-Factory 需要它们")
        yield Text(
            f"the folder of the model has no weights yet: {needed.en}",
            f"模型文件夹中还没有权重：{needed.zh}",
        )
    elif weights and weights.missing:
        shown = join_names(weights.missing[:LISTED_FILES])
        count = len(weights.missing)
        more = Text(f" and {count - LISTED_FILES} more", f" 等 {count} 个文件")
        rest = more if count > LISTED_FILES else Text("", "")
        yield Text(
            f"weights are missing in the folder of the model: {shown.en}{rest.en}",
            f"模型文件夹缺少权重：{shown.zh}{rest.zh}",
        )
    if model.chat is None:
        yield Text(
            "the folder of the model has no tokenizer_config.json: tokenizer and chat template "
            "could not be compared with those of the family",
            "模型文件夹中没有 tokenizer_config.json，无法核对分词器与对话模板",
        )
    elif family.successor is None and not model.chat.has_vocabulary:
        yield Text(
            "the folder of the model has no vocabulary yet: `make check` needs its tokenizer.json, "
            "or the files that its tokenizer reads instead",
            "模型文件夹中还没有词表：`make check` 需要 tokenizer.json，或分词器读取的其他词表文件",
        )
    if model.own_code and family.id == GENERIC_FAMILY:
        yield Text(
            "the model brings Python code of its own, which the project never runs: it can be "
            "trained only if transformers has its class, which `make check` tells",
            "该模型自带 Python 代码，本项目从不运行：只有 transformers 自带该模型类才能训练，"
            "`make check` 会说明",
        )
    if family.id == GENERIC_FAMILY:
        why = family.caveats[0].value
        yield Text(
            f"{why.en}: the recipe comes from the model's own files, with {len(family.caveats)} "
            "assumptions, which the README lists; `make check` examines class, template, tokens "
            "and memory",
            f"{why.zh}；配方取自模型自身的文件，含 {len(family.caveats)} 条推断，见 README；"
            "`make check` 会检查模型类、对话模板、token 与内存占用",
        )


def _find_damage(model: ModelFacts) -> Iterator[tuple[Text, Text]]:
    """Yield what no program can make of the files, with what to do."""
    if model.impossible:
        listed = join_names(f"{key}: {value}" for key, value in model.impossible[:LISTED_FILES])
        yield (
            Text(
                f"config.json of the model has values that no model can have: {listed.en}",
                f"模型的 config.json 中有不可能的取值：{listed.zh}",
            ),
            Text("copy config.json again from its source", "请从来源重新复制 config.json"),
        )


def _find_faults(model: ModelFacts) -> Iterator[tuple[Text, Text]]:
    """Yield what keeps a project from training the files, each with what to do."""
    if model.weights and model.weights.kind == "pickled":
        yield (
            Text(
                "the weights in the folder are pickled (.bin, .pt), which can run code when they "
                "are loaded; a project reads safetensors only",
                "权重是 pickle 格式（.bin、.pt），加载时可能执行代码；项目只读 safetensors",
            ),
            Text(
                "convert them once where you trust their source: "
                "AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW)",
                "请在信任其来源的前提下转换一次："
                "AutoModelForCausalLM.from_pretrained(文件夹).save_pretrained(新文件夹)",
            ),
        )
    if model.quantization and model.quantization not in TRAINABLE_QUANTIZATION:
        yield (
            Text(
                f"the weights in the folder are quantised ({model.quantization}), which a project "
                "does not train",
                f"文件夹中的权重已量化（{model.quantization}），项目不能在其上训练",
            ),
            Text(
                "give the folder of the original weights in 16 bit",
                "请给出 16 位原始权重的文件夹",
            ),
        )
    if model.chat and not model.chat.has_template:
        yield (
            Text(
                "the model has no chat template: it is a base model, or a file is missing",
                "该模型没有对话模板：要么是基座模型，要么缺了文件",
            ),
            Text(
                "choose the instruct or chat model of the same family; or put the "
                "chat_template.jinja of that model into the folder",
                "请选用同系列的 instruct 或 chat 模型；或把其 chat_template.jinja 放进文件夹",
            ),
        )


def _find_contradiction(
    model: ModelFacts, family: Family, size: ModelSpec
) -> IncompatibleError | None:
    """Return the error for a config.json that describes another model than the weights."""
    weights, found = model.weights, []
    if weights is None or weights.kind != "safetensors":
        return None
    pairs = (
        (weights.layers, size.layers, Text("layers", "层数")),
        (weights.vocabulary, size.vocabulary, Text("tokens in the vocabulary", "词表大小")),
        (weights.hidden, size.hidden, Text("width", "隐藏维度")),
    )
    for counted, declared, what in pairs:
        if counted and counted != declared and not (what.en == "layers" and counted > declared):
            found.append(
                Text(
                    f"{what.en}: {declared:,} in config.json, {counted:,} in the weights",
                    f"{what.zh}：config.json 为 {declared:,}，权重为 {counted:,}",
                )
            )
    if not found and (fault := _compare_counts(model, family, size)):
        found.append(fault)
    if not found:
        return None
    listed = join_texts(found, Text("; ", "；"))
    return IncompatibleError(
        Text(
            f"config.json contradicts the weights of this folder: {listed.en}",
            f"config.json 与该文件夹的权重不符：{listed.zh}",
        ),
        where="model",
        hint=Text(
            "copy config.json and the weights again from the same source",
            "请从同一来源重新复制 config.json 和权重",
        ),
    )


def _compare_counts(model: ModelFacts, family: Family, size: ModelSpec) -> Text | None:
    """Compare the parameters of the weights with those that the dimensions come to.

    Of a class that no family has, the dimensions say too little; how the layers of a family differ
    is known of its listed models alone.
    """
    weights = model.weights
    if weights is None or weights.parameters is None or family.id == GENERIC_FAMILY:
        return None
    if size.mixed_layers is None and any(listed.mixed_layers for listed in family.sizes):
        return None
    computed = count_parameters(size, family)
    counted = weights.parameters - weights.vision_parameters
    if abs(counted - computed) <= COUNT_TOLERANCE * computed:
        return None
    return Text(
        f"parameters: {computed / 1e9:.2f} B by config.json, {counted / 1e9:.2f} B in the weights",
        f"参数量：按 config.json 为 {computed / 1e9:.2f} B，权重为 {counted / 1e9:.2f} B",
    )
