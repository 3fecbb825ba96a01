"""What is wrong is said in the language of the reader, and in no other."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from newft.catalog.loader import load_accelerators, load_kit
from newft.cli import main
from newft.errors import NewftError
from newft.os_errors import explain_os_error
from newft.paths import get_domains_folder
from newft.project.layer_files import Layer
from newft.text import Language
from support.help_desk_export import RECORDS
from support.layers import compose_layers

pytestmark = pytest.mark.slow

QUOTED = r"`[^`]*`|“[^”]*”"  # code, and the words of a file or a parser
NAMED = r"--[\w-]+(?:[ =][\w./-]+)*|\S*[/.]\S*"  # options with their values, and paths
# no English sentence does without one of these
ENGLISH = re.compile(
    r"\b(?:an?|and|are|as|at|be|but|by|cannot|did|for|from|give|has|have|in|is|it|no|not|of|on|or"
    r"|the|there|this|to|use|with|you)\b",
    re.ASCII | re.IGNORECASE,
)
HAN = re.compile(r"[\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][:,;?!(]|[:,;?!)][\u4e00-\u9fff]")

WRONG_WORDS = [
    ["nwe"],
    ["./desk"],
    ["show"],
    ["show", "familys"],
    ["show", "families", "qwen"],
    ["show", "families", "qwen3", "two"],
    ["completion", "tcsh"],
    ["new", "--familly", "qwen3"],
    ["new", "--zzzzzzzz"],
    ["new", "--language", "fr"],
    ["new", "--gpu"],
    ["new", "--yes=1"],
    ["new", "--gpu", "cpu", "--gpu", "auto"],
    ["new", "", "--yes"],
    ["new"],
]
WRONG_ANSWERS = [
    ["--set", "gpu"],
    ["--set", "=cpu"],
    ["--set", "gpu="],
    ["--set", "gqu=cpu"],
    ["--set", "data.files=[{a: b}]"],
    ["--set", "gpu=t4", "--gpu", "cpu"],
    ["--set", "gpu=t4", "--set", "gpu=v100"],
    ["--domain", "custmer"],
    ["--family", "quen3"],
    ["--method", "adalora"],
    ["--method", "zzz"],
    ["--hub", "modelscope", "--model", "embedded"],
    ["--family", "glm4", "--model", "Qwen/Qwen3-1.7B"],
    ["--family", "qwen3", "--model", "embedded"],
    ["--model", "acme/weights"],
    ["--model", "./weights"],
    ["--model", "Qwen3-1.7X"],
    ["--gpu", "V1000"],
    ["--gpu", "zzzzzz"],
    ["--gpu", "0xV100"],
    ["--gpu", "1x4GB", "--model", "Qwen/Qwen3-8B"],
    ["--name", "class"],
    ["--name", "json"],
    ["--name", "a/b"],
    ["--name", "x" * 41],
    ["--answers", "no.yml"],
    ["--answers", "broken.yml"],
    ["--answers", "list.yml"],
    ["--answers", "faults.yml"],
    ["--answers", "twice.yml"],
    ["--answers", "alias.yml"],
    ["--data", "no.csv"],
    ["--data", "empty.csv"],
    ["--data", "model.gguf"],
    ["--data", "broken.json"],
    ["--data", "broken.json", "--data", "no.csv"],
    ["--data", "two_columns.csv"],
    ["--data", "two_columns.csv", "--domain", "customer_service", "--task", "intent"],
    ["--data", "few.csv"],
    ["--data", "tickets.csv", "--set", "data.columns.label=Nope"],
    ["--data", "tickets.csv", "--set", "data.columns.lable=Reason"],
    ["--data", "tickets.csv", "--set", "data.columns.label=Body"],
    ["here/a.txt"],
    ["here"],
    ["x" * 300],
    ["broken_link/desk"],
]
FILES = {
    "broken.yml": "gpu: cpu\nname: a: b\n",
    "list.yml": "- gpu\n",
    "faults.yml": "gqu: cpu\nfamily: {a: b}\nlanguage: fr\nname: ''\n",
    "twice.yml": "gpu: cpu\ngpu: auto\n",
    "alias.yml": "gpu: &g cpu\nname: *g\n",
    "tickets.csv": RECORDS,
    "few.csv": "".join(RECORDS.splitlines(keepends=True)[:4]),
    "empty.csv": "",
    "model.gguf": "GGUF",
    "broken.json": "[{]",
    "two_columns.csv": "colour,size\n" + "".join(f"{n},{n % 7}\n" for n in range(50)),
    "here/a.txt": "",
    "here/README.md": "",
}


COLUMN_LINE = re.compile(r"(?m)^ {4}.*$")  # the name of a column and its first values


def sentences(said: str) -> str:
    """What newft says, without what it quotes."""
    return re.sub(NAMED, " ", re.sub(QUOTED, " ", COLUMN_LINE.sub("", said)))


def check_language(said: str, lang: str) -> None:
    """The text has no word of the other language."""
    assert said
    if lang == "en":
        assert HAN.findall(said) == []
        return
    assert HAN.search(said)
    assert ENGLISH.findall(sentences(said)) == []
    assert HALF_WIDTH.findall(sentences(said)) == []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (tmp_path / "broken_link").symlink_to("broken_link")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "400")
    return tmp_path


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "words",
    [*WRONG_WORDS, *(["new", "--yes", *words] for words in WRONG_ANSWERS)],
    ids=lambda words: " ".join(words)[:60],
)
@pytest.mark.usefixtures("place")
def test_a_refusal_is_in_the_language_of_the_interface(
    words: list[str], lang: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", lang, *words]) in (1, 2)
    said = capfd.readouterr()
    assert said.out == ""
    _, label, fault = said.err.partition("错误：" if lang == "zh" else "error: ")
    assert label
    check_language(fault, lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("words", [[], ["new"], ["show"], ["completion"]])
def test_the_help_is_in_the_language_of_the_interface(
    words: list[str], lang: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*words, "--help", f"--lang={lang}"] if words else ["--lang", lang, "--help"])
    said = capfd.readouterr().out
    check_language(said, lang)


def refusal(call: Callable[[], object]) -> NewftError:
    with pytest.raises(NewftError) as caught:
        call()
    return caught.value


def broken_kit(folder: Path) -> Path:
    kit = folder / "customer_service"
    shutil.copytree(get_domains_folder() / "customer_service", kit)
    file = kit / "kit.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in (
        ("synonyms: [text, message,", "synonyms: [text, message, Me-ssage,"),
        ("tuned: Name the intent", "tuned: Name {labels}, the intent"),
        ("          {labels}\n", "          all of them\n"),
        ("      group:\n", "      my-group:\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
    (kit / "sample/intent_zh.csv").unlink()
    return kit


def layer(folder: Path, files: Iterable[str]) -> Layer:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("gone.md\n", encoding="utf-8")
    return Layer(folder.name, folder)


def test_what_is_wrong_with_files_of_newft_is_said_in_both_languages(tmp_path: Path) -> None:
    texts = ("- a\n", "a: [", "a: 1\na: 2\n", "a: &a [*a]\n", "T4: {title: 1, colour: x}\n")
    calls: list[Callable[[], object]] = [
        partial(load_kit, tmp_path / "nowhere"),
        partial(load_kit, broken_kit(tmp_path)),
    ]
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text, encoding="utf-8")
        calls.append(partial(load_accelerators, file))
    base = layer(tmp_path / "base", ["a.md"])
    upper = layer(tmp_path / "upper", ["a.md", "replaces.txt"])
    calls.append(partial(compose_layers, [base, upper], "acme", tmp_path / "out"))
    for error in map(refusal, calls):
        for lang in get_args(Language):
            message, hint = error.to(lang)
            check_language(message, lang)
            if hint:
                check_language(hint, lang)


def test_a_reason_of_the_system_is_said_in_both_languages() -> None:
    for code in errno.errorcode:
        for lang in get_args(Language):
            check_language(
                explain_os_error(OSError(code, os.strerror(code), "desk")).to(lang)[0], lang
            )
