"""Folders of models as hubs hand them out: json files, a chat template, headers of weights."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
QWEN2_7B: Mapping[str, Any] = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": False,
    "sliding_window": 131072,
    "use_sliding_window": False,
}
OLMO2_7B: Mapping[str, Any] = {
    "architectures": ["Olmo2ForCausalLM"],
    "model_type": "olmo2",
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "vocab_size": 100352,
    "max_position_embeddings": 4096,
    "tie_word_embeddings": False,
}


def write_model_folder(
    folder: Path,
    config: Mapping[str, Any],
    *,
    template: str | None = CHATML,
    tokens: Sequence[str] = ("<|im_end|>", "<|im_start|>", "<|endoftext|>"),
    eos: object = "<|im_end|>",
    pad: str | None = None,
    stops: Sequence[int] = (),
) -> Path:
    """Write the json files of a model; the tokens get ids from 100 on."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config)
    added = {str(100 + place): {"content": token} for place, token in enumerate(tokens)}
    tokenizer = {"eos_token": eos, "added_tokens_decoder": added}
    write_json(folder / "tokenizer_config.json", tokenizer | ({"pad_token": pad} if pad else {}))
    if stops:
        write_json(folder / "generation_config.json", {"eos_token_id": list(stops)})
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON."""
    path.write_text(json.dumps(value), encoding="utf-8")


def write_weights(
    folder: Path, shapes: Mapping[str, Sequence[int]], name: str = "model.safetensors"
) -> None:
    """Write a safetensors file with a header alone: what is read of it is its shapes."""
    header = {
        key: {"dtype": "BF16", "shape": list(shape), "data_offsets": [0, 0]}
        for key, shape in shapes.items()
    }
    content = json.dumps(header).encode()
    (folder / name).write_bytes(struct.pack("<Q", len(content)) + content)


def list_shapes(config: Mapping[str, Any], *, layers: int | None = None) -> dict[str, list[int]]:
    """List the matrices of a decoder as its config describes them."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]
    keys = config.get("num_key_value_heads", heads) * (hidden // heads)
    shapes = {"model.embed_tokens.weight": [config["vocab_size"], hidden]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [config["vocab_size"], hidden]
    for layer in range(layers or config["num_hidden_layers"]):
        for name, shape in {
            "self_attn.q_proj": [hidden, hidden],
            "self_attn.k_proj": [keys, hidden],
            "self_attn.v_proj": [keys, hidden],
            "self_attn.o_proj": [hidden, hidden],
            "mlp.gate_proj": [inner, hidden],
            "mlp.up_proj": [inner, hidden],
            "mlp.down_proj": [hidden, inner],
        }.items():
            shapes[f"model.layers.{layer}.{name}.weight"] = shape
    return shapes
