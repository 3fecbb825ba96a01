"""What is no model to train is refused when it is named, with what to give instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.catalog.model_names import find_listed_model
from newft.errors import UsageError
from newft.wizard.model_refusals import refuse_other_folder, refuse_untrainable_id
from support.generate_project import catalog
from support.run_newft import run_newft


@pytest.mark.parametrize(
    ("model", "instead"),
    [
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct"),
        ("Qwen/Qwen3-8B-Base", "Qwen/Qwen3-8B"),
        ("google/gemma-3-4b-pt", "google/gemma-3-4b-it"),
        ("mistralai/Mistral-7B-v0.3", "mistralai/Mistral-7B-Instruct-v0.3"),
        ("Qwen/Qwen3-8B-AWQ", "16 bit"),
        ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "16 bit"),
        ("someone/Qwen3-8B-GGUF", "16 bit"),
    ],
)
def test_base_and_packed_models_are_refused_with_what_to_take(model: str, instead: str) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_untrainable_id(model, catalog())
    assert instead in str(caught.value.hint)


def test_models_of_others_pass() -> None:
    for model in ("our-team/Llama-3.1-8B", "our-team/support-model"):
        refuse_untrainable_id(model, catalog())


def test_capitals_of_a_hub_id_do_not_matter() -> None:
    assert find_listed_model("qwen/qwen3-8b", catalog()) == "Qwen/Qwen3-8B"


@pytest.mark.parametrize(
    ("name", "message"),
    [("model.safetensors", "is a file"), ("q4.gguf", "is a GGUF file, a format for inference")],
)
def test_a_file_is_no_folder_of_a_model(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_bytes(b"")
    run = run_newft("new", "x", "--yes", "--dry-run", "--model", f"./{name}", cwd=tmp_path)
    assert run.returncode == 2
    assert f"error: model: `{name}` {message}" in run.stderr
    assert "hint: give " in run.stderr and "folder" in run.stderr


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("adapter_config.json", '{"base_model_name_or_path": "Qwen/Qwen3-4B"}', "Qwen/Qwen3-4B"),
        ("model-Q4_K_M.gguf", "GGUF", "GGUF"),
        ("config.json", '{"architectures":', "config.json"),
        ("config.json", "[]", "config.json"),
    ],
)
def test_folders_of_something_else_say_what_they_are(
    tmp_path: Path, file: str, content: str, what: str
) -> None:
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        refuse_other_folder(tmp_path.as_posix())
    assert what in str(caught.value.message)
