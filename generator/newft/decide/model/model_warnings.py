"""Warnings about the model that was chosen: how to get it, and what is not known of it."""

from __future__ import annotations

from collections.abc import Iterator

from newft.decide.inputs import Inputs, name_memory_zh
from newft.decide.model.model_files import list_file_warnings
from newft.schema.family import is_hub_model
from newft.schema.reasoned import Sourced
from newft.text import Text


def warn_of_model(inputs: Inputs) -> Iterator[Text]:
    """Yield what to know of the model before a project is written."""
    size, model = inputs.size, inputs.facts.model
    if model is not None:
        yield from list_file_warnings(model, inputs.family)
    if inputs.family.successor is not None:
        yield _warn_of_successor(inputs, inputs.family.successor)
    if size is None:
        yield _warn_of_unknown_size(inputs)
        return
    if size.base:
        yield Text(
            f"`{size.hub_id}` is a base model: it has not learned to follow instructions and "
            "needs more rows for the same quality; an instruct model of the family is the better "
            "start for this task",
            f"`{size.hub_id}` 是基座模型，没有学过按指令回答，要更多数据才能达到同样的效果；"
            "该任务宜选同系列的 instruct 模型",
        )
    if size.gated and is_hub_model(inputs.answers.model) and inputs.answers.hub == "huggingface":
        other = Text("", "")
        if size.modelscope_id:
            other = Text("; or take --hub modelscope", "；或改用 --hub modelscope")
        yield Text(
            f"`{size.hub_id}` is gated on Hugging Face: accept its terms at "
            f"https://huggingface.co/{size.hub_id}, then run `hf auth login` or set HF_TOKEN"
            f"{other.en}; or copy the model here and give its folder: --model FOLDER",
            f"`{size.hub_id}` 在 Hugging Face 上需申请：先在 "
            f"https://huggingface.co/{size.hub_id} 接受许可协议，再运行 `hf auth login` 或设置 "
            f"HF_TOKEN{other.zh}；也可把模型复制到本机，用 --model 文件夹 指定",
        )


def _warn_of_successor(inputs: Inputs, successor: Sourced[str]) -> Text:
    title, why = inputs.family.title, successor.why
    return Text(
        f"the project prepares the data of {title}, and does not train it: {why.en}; choose "
        f"--family {successor.value}, or train with LLaMA-Factory: config/llama_factory.yaml says "
        "how",
        f"项目只为 {title} 准备数据，不训练它：{why.zh}；请改用 --family {successor.value}，"
        "或按 config/llama_factory.yaml 用 LLaMA-Factory 训练",
    )


def _warn_of_unknown_size(inputs: Inputs) -> Text:
    name, title, model = inputs.name, inputs.family.title, inputs.facts.model
    memory_zh = name_memory_zh(inputs.hardware)
    measured = Text("", "")
    if inputs.trained_by_project:
        measured = Text("; `make check` measures the memory", "，由 `make check` 实测")
    if model is not None:
        return Text(
            f"config.json of `{name}` does not tell its dimensions: memory and time are not "
            f"estimated{measured.en}",
            f"`{name}` 的 config.json 没有写明模型结构：未估算{memory_zh}与时间{measured.zh}",
        )
    if not is_hub_model(inputs.answers.model):
        return Text(
            f"`{name}` has no config.json that can be read: memory and time are not estimated"
            f"{measured.en}",
            f"`{name}` 中没有可读的 config.json：未估算{memory_zh}与时间{measured.zh}",
        )
    return Text(
        f"`{name}` is not in the catalogue of {title}: memory and time are not estimated"
        f"{measured.en}. To have them estimated, fetch its config.json and give the folder: "
        f"`hf download {name} --include '*.json' --include '*.jinja' --local-dir FOLDER`, then "
        "--model FOLDER",
        f"newft 收录的 {title} 中没有 `{name}`：未估算{memory_zh}与时间{measured.zh}。"
        f"若要估算，请先取回其配置：`hf download {name} --include '*.json' --include '*.jinja' "
        "--local-dir 文件夹`，再用 --model 文件夹 指定",
    )
