"""Refuse what is no model to train before anything else is asked of it."""

from __future__ import annotations

from pathlib import Path

from newft.catalog.model_names import find_chat_model, find_packing
from newft.errors import UsageError
from newft.schema.catalog import Catalog
from newft.system.model_config import read_json_object, read_text
from newft.text import Text

GGUF = Text("a format for inference", "这种格式只能用于推理")
GGUF_HINT = Text(
    "give the folder with config.json and safetensors that GGUF was made from",
    "请给出转换前的文件夹，其中有 config.json 和 safetensors",
)


def refuse_untrainable_id(model: str, catalog: Catalog) -> None:
    """Raise `UsageError` for the hub id of a base model, or of one packed for inference."""
    if packing := find_packing(model):
        raise UsageError(
            Text(
                f"`{model}` is packed for inference ({packing}), which a project does not train",
                f"`{model}` 是用于推理的量化格式（{packing}），项目不能在其上训练",
            ),
            where="model",
            hint=Text(
                "give the id of the original weights in 16 bit; --method qlora packs them itself",
                "请给出 16 位原始权重的模型 ID；要以 4 位存放，请用 --method qlora",
            ),
        )
    if chat := find_chat_model(model, catalog):
        raise UsageError(
            Text(
                f"`{model}` is a base model, which has not learned to answer in a chat",
                f"`{model}` 是基座模型，没有学过对话",
            ),
            where="model",
            hint=Text(f"take `{chat}`", f"请改用 `{chat}`"),
        )


def refuse_file(path: Path) -> None:
    """Raise `UsageError` for a file that is given as a model, which is a folder."""
    if path.suffix == ".gguf":
        raise UsageError(
            Text(f"`{path}` is a GGUF file, {GGUF.en}", f"`{path}` 是 GGUF 文件，{GGUF.zh}"),
            where="model",
            hint=GGUF_HINT,
        )
    raise UsageError(
        Text(f"`{path}` is a file", f"`{path}` 是文件"),
        where="model",
        hint=Text(f"give its folder: `{path.parent}`", f"请给出它所在的文件夹：`{path.parent}`"),
    )


def refuse_other_folder(folder: str) -> None:
    """Raise `UsageError` for a folder whose files are no model to train, and say what they are."""
    path = Path(folder)
    if (path / "config.json").is_file():
        if read_json_object(path / "config.json") is None:
            raise UsageError(
                Text(
                    f"`{path / 'config.json'}` is not a JSON object that can be read",
                    f"`{path / 'config.json'}` 不是可读取的 JSON 对象",
                ),
                where="model",
                hint=Text("copy the file again from its source", "请从来源重新复制该文件"),
            )
        return
    if (adapter := read_json_object(path / "adapter_config.json")) is not None:
        base = read_text(adapter, "base_model_name_or_path") or "?"
        raise UsageError(
            Text(
                f"`{folder}` is an adapter of `{base}`, not a model",
                f"`{folder}` 是 `{base}` 的适配器，不是完整的模型",
            ),
            where="model",
            hint=Text(
                "give that model, or a folder with the adapter merged into it",
                "请给出该模型，或已合并适配器的模型文件夹",
            ),
        )
    if any(path.glob("*.gguf")):
        raise UsageError(
            Text(
                f"`{folder}` holds GGUF files, {GGUF.en}", f"`{folder}` 中是 GGUF 文件，{GGUF.zh}"
            ),
            where="model",
            hint=GGUF_HINT,
        )
    raise UsageError(
        Text(
            f"`{folder}` has no config.json, so it is no model",
            f"`{folder}` 中没有 config.json，不是模型",
        ),
        where="model",
        hint=Text(
            "give the folder with config.json, the tokenizer and the weights",
            "请给出含有 config.json、分词器和权重的文件夹",
        ),
    )
