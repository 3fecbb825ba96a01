"""A project names nothing of another method, device or language than its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.generate_project import emitted, generate

pytestmark = pytest.mark.slow

# words of code, comments and messages, by what a project must have for them to stand in it
METHOD_WORDS = {
    "lora": r"pissa|first_adapter",
    "qlora": r"bitsandbytes|bnb_|nf4|qlora",
    "prefix": r"prefix.tuning|p-tuning|num_virtual_tokens|PrefixModel",
    "freeze": r"trained_blocks",
    "experts": r"target_parameters",
}
ADAPTER_METHODS = {"lora", "qlora"}  # that have the rank, and what comes with it
ADAPTER_WORDS = r"lora_alpha|rslora|dora\b|loraplus|LoraConfig"
DEVICE_WORDS = {
    "cuda": r"cuda|nvidia",
    "npu": r"\bnpu\b|ascend|torch_npu",
    "mps": r"\bmps\b|apple",
}
ACCELERATOR_WORDS = r"torchrun|distributed\.run|torch\.accelerator|LOCAL_RANK"
CPU_WORDS = r"auto_setup|time.budget|[\"`]auto[\"`]"
STORED_WORDS = r"mxfp4|fp8|dequantize"
OUTCOME_WORDS = r"recommendation|indeterminate"  # of labels that are outcomes
EARLIER_WORDS = r"RENAMED_KEYS|earlier versions? of newft"
PROJECTS: Mapping[str, Mapping[str, str]] = {
    "qwen3 with LoRA": {
        "domain": "legal", "language": "zh", "gpu": "1xA100-80GB", "model": "Qwen/Qwen3-8B",
        "method": "lora",
    },
    "smollm2 with LoRA on a CPU": {
        "domain": "customer_service", "language": "en", "gpu": "cpu", "model": "embedded",
        "method": "lora",
    },
    "llama3 with QLoRA": {
        "domain": "credit_risk", "language": "en", "gpu": "1xRTX4090",
        "model": "meta-llama/Llama-3.1-8B-Instruct", "method": "qlora",
    },
    "gemma3 with full fine-tuning": {
        "domain": "customer_service", "language": "en", "gpu": "2xH100",
        "model": "google/gemma-3-1b-it", "method": "full",
    },
    "phi4 with prefix tuning": {
        "domain": "customer_service", "language": "zh", "gpu": "1xA100-80GB",
        "model": "microsoft/phi-4", "method": "prefix",
    },
    "gpt-oss with LoRA": {
        "domain": "legal", "language": "en", "gpu": "1xH100", "model": "openai/gpt-oss-20b",
        "method": "lora",
    },
    "qwen2.5 with LoRA on NPUs": {
        "domain": "customer_service", "language": "zh", "gpu": "8x910B",
        "model": "Qwen/Qwen2.5-7B-Instruct", "method": "lora",
    },
    "smollm2, frozen, on Apple's accelerator": {
        "domain": "customer_service", "language": "en", "gpu": "mps",
        "model": "HuggingFaceTB/SmolLM2-1.7B-Instruct", "method": "freeze",
    },
}  # fmt: skip
# Where a word of something else is meant: an error names the method that works instead, a caveat
# the server that a model needs, a source what was measured on another device.
QUOTED = r"https?://\S+|--method \w+|\"[^\"\n]*\" *\(|newft new[^\"\n]*"
CODE = (".py", ".toml", "Makefile", ".json")
# of a README, by the methods that it may stand for
README_WORDS = {
    "lora": r"(?<!q)lora\b",
    "qlora": r"qlora",
    "prefix": r"p-tuning|prefix tuning|前缀微调",
}


def list_foreign_words(
    given: Mapping[str, str], *, has_experts: bool, has_outcomes: bool, device: str
) -> str:
    """A regular expression of what these answers leave out."""
    method = given["method"]
    own = {method} | ({"experts"} if has_experts else set())
    words = [pattern for name, pattern in METHOD_WORDS.items() if name not in own]
    words += [pattern for name, pattern in DEVICE_WORDS.items() if name != device]
    words += [] if method in ADAPTER_METHODS else [ADAPTER_WORDS]
    words += [ACCELERATOR_WORDS] if device == "cpu" else [CPU_WORDS]
    words += [] if has_outcomes else [OUTCOME_WORDS]
    words += [EARLIER_WORDS] + ([] if has_experts else [STORED_WORDS])
    return "|".join(words)


@pytest.mark.parametrize("name", PROJECTS)
def test_the_code_of_a_project_names_nothing_that_it_does_not_have(
    name: str, tmp_path: Path
) -> None:
    given = PROJECTS[name]
    plan = generate({"data.files": (), "name": "desk", **given}, tmp_path / "desk")
    has_experts = bool(plan.family.expert_parameters)
    device = plan.hardware.accelerator.kind
    foreign = re.compile(
        list_foreign_words(
            given,
            has_experts=has_experts,
            has_outcomes=plan.task.positive is not None,
            device=device,
        ),
        re.IGNORECASE,
    )
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in emitted(tmp_path / "desk").items()
        if path.endswith(CODE) and not path.endswith("export_llama_factory.py")
        for number, line in enumerate(text.splitlines(), 1)
        if foreign.search(re.sub(QUOTED, "", line))
    ]
    readme = re.sub(QUOTED, "", (tmp_path / "desk/README.md").read_text(encoding="utf-8"))
    for method, words in README_WORDS.items():
        if method != given["method"]:
            found += re.findall(rf".*(?:{words}).*", readme, re.IGNORECASE)
    assert "\n".join(found) == ""
