"""What a Chinese project says of its numbers, it says in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.generate_project import generate

CITED = r"https?://\S+|\"[^\"]*\""  # pages, and titles of papers
# no English sentence does without one of these
ENGLISH = re.compile(r"\b(?:an?|and|as|at|by|for|from|in|is|of|on|the|to|with)\b", re.ASCII)


@pytest.mark.parametrize(
    ("gpu", "model"),
    [
        ("cpu", "embedded"),
        ("V100-32GB", "Qwen/Qwen3-4B"),
        ("8xH800", "zai-org/GLM-4-9B-0414"),
        ("mps", "meta-llama/Llama-3.2-3B-Instruct"),
        ("1xRTX4090", "zai-org/chatglm3-6b"),
    ],
)
def test_no_comment_of_the_settings_and_no_help_of_make_is_english_beside_what_it_cites(
    tmp_path: Path, gpu: str, model: str
) -> None:
    answers = {"data.files": (), "name": "desk", "language": "zh", "gpu": gpu, "model": model}
    generate(answers, tmp_path / "desk")
    settings = (tmp_path / "desk/config/run.yaml").read_text(encoding="utf-8")
    comments = " ".join(re.findall(r"^ *#(.*)", settings, re.MULTILINE))
    said = re.sub(CITED, "", " ".join(comments.split()))
    assert "出处" in said
    assert ENGLISH.findall(said) == []
    makefile = (tmp_path / "desk/Makefile").read_text(encoding="utf-8")
    helps = re.findall(r"^\w+:.*## (.*)", makefile, re.MULTILINE)
    assert len(helps) > 5
    assert [one for one in helps if not re.search("[\u4e00-\u9fff]", one)] == []
