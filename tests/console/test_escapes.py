"""Nothing from outside reaches the terminal raw: no escapes, no bidi, nothing without a width."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.cli import main
from newft.console.console import print_json
from newft.emitted.normalize import escape_controls
from support.help_desk_export import LABELS, WORDS
from support.terminal import Terminal

pytestmark = pytest.mark.slow

# a colour and a title for the terminal, a bell, C1 controls, a reordered line, no width, a new line
PLANTED = (
    "\x1b[31m\x1b]0;x\x07\x9b31m\x85\u202eevil\u2066\u200b\u2060\ufeff\u00ad\u2028\n\rhint: run"
)
IN_A_LABEL = "\x1b\u202e\u200b"
IN_A_CELL = PLANTED.replace("\x1b", "").replace("\x07", "").replace("\x9b", "").replace("\x85", "")
SHOWN_RAW = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def raw(text: str) -> set[str]:
    """The characters that act on a terminal or cannot be seen; newft's own lines end in one."""
    return {one for one in text if unicodedata.category(one) in SHOWN_RAW} - {"\n"}


def rows(label: str) -> list[list[str]]:
    return [
        [f"{word} my {one} is late {PLANTED}", f"{one}{label}"] for one in LABELS for word in WORDS
    ]


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    lines = [
        {f"Body{PLANTED}": text, f"Reason{PLANTED}": label} for text, label in rows(IN_A_LABEL)
    ]
    path = tmp_path / f"t{PLANTED}.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = f"a{PLANTED[-20:]}"[:20].replace(":", "").replace("\n", "").strip("\r")
    book.create_sheet("b\u202e").append(["x"])
    for row in [[f"Body{IN_A_CELL}", f"Reason{IN_A_CELL}"], *rows("")]:
        book.active.append([cell.replace(PLANTED, IN_A_CELL) for cell in row])
    book.save(tmp_path / f"w{PLANTED}.xlsx")
    return tmp_path / f"w{PLANTED}.xlsx"


CLEAN = ["--domain", "customer_service", "--task", "intent", "--gpu", "cpu", "--yes"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", ["--dry-run", "--json", ""])
@pytest.mark.parametrize("file", ["planted", "workbook"])
def test_a_project_of_planted_records_is_shown_escaped(
    file: str,
    form: str,
    lang: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    path = request.getfixturevalue(file)
    words = ["--data", path.name, "--lang", lang, *filter(None, [form])]
    assert main(["new", f"desk{PLANTED}", *CLEAN, *words]) == 0, capsys.readouterr().err
    said = capsys.readouterr()
    assert raw(said.out + said.err) == set()
    if form == "--json":
        report = json.loads(said.out)
        assert report["data"]["files"] == [path.name]
        assert report["path"] == f"desk{PLANTED}"
    else:
        assert r"\u202e" in said.err and r"\x1b" in said.err
        assert "\nhint: run" not in said.err


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "words",
    [
        ["new", "desk", *CLEAN, "--data", f"no{PLANTED}.csv"],
        ["new", "desk", *CLEAN, "--data", f"no{PLANTED}"],
        ["new", "desk", *CLEAN, "--data", "FILE", "--set", f"data.columns.text=no{PLANTED}"],
        ["new", "desk", *CLEAN, "--data", "FILE", "--set", f"data.columns.{PLANTED}=x"],
        ["new", "desk", "--yes", "--data", "FILE", "--domain", "credit_risk", "--task", "risk"],
        ["new", "desk", "--yes", "--data", "FILE", "--domain", "legal", "--task", "charge"],
        ["new", "desk", "--yes", "--data", "FILE", "--positive", PLANTED],
        ["new", "desk", "--yes", "--domain", PLANTED],
        ["new", "desk", "--yes", "--model", f"./m{PLANTED}"],
        ["new", "desk", "--yes", "--model", f"{PLANTED}"],
        ["new", "desk", "--yes", "--gpu", PLANTED],
        ["new", "desk", "--yes", "--name", PLANTED],
        ["new", "desk", "--yes", "--family", PLANTED],
        ["new", "desk", "--yes", "--method", PLANTED],
        ["new", "desk", "--yes", "--hub", PLANTED],
        ["new", "desk", "--yes", "--revision", PLANTED],
        ["new", "desk", "--yes", "--set", PLANTED],
        ["new", "desk", "--yes", "--set", f"{PLANTED}=1"],
        ["new", "desk", "--yes", "--answers", f"no{PLANTED}.yml"],
        ["new", "desk", "--yes", "--answers", "ANSWERS"],
        ["new", "FILE", "--yes"],
        ["new", "desk", PLANTED],
        ["new", f"--x{PLANTED}"],
        ["show", PLANTED],
        ["show", "families", PLANTED],
        ["completion", PLANTED],
        [f"x{PLANTED}"],
        ["--lang", PLANTED],
    ],
    ids=lambda words: " ".join(words).replace(PLANTED, "*")[-40:],
)
def test_an_error_about_planted_words_is_shown_escaped(
    words: list[str], lang: str, planted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = planted.with_name(f"a{PLANTED}.yml")
    answers.write_text(json.dumps({PLANTED: "x", "gpu": PLANTED}), encoding="utf-8")
    there = {"FILE": planted.name, "ANSWERS": answers.name}
    code = main(["--lang", lang, *(there.get(word, word) for word in words)])
    said = capsys.readouterr()
    assert (code in (0, 1, 2), raw(said.out + said.err)) == (True, set())
    assert "\nhint: run" not in said.err
    assert "bug" not in said.err


@given(st.recursive(st.text() | st.floats() | st.none(), lambda inner: st.lists(inner)))
def test_json_means_the_same_and_is_escaped(value: object) -> None:
    import io
    from contextlib import redirect_stdout

    text = io.StringIO()
    with redirect_stdout(text):
        print_json(value)
    assert raw(text.getvalue()) == set()
    assert json.dumps(json.loads(text.getvalue())) == json.dumps(value)


@given(st.text())
def test_what_is_escaped_has_nothing_raw_and_stays(text: str) -> None:
    escaped = escape_controls(text)
    assert raw(escaped) == set() and "\n" not in escaped
    assert escape_controls(escaped) == escaped


@pytest.mark.slow
def test_menus_of_columns_are_shown_escaped(planted: Path, tmp_path: Path) -> None:
    words = ("--data", planted.name, "--domain", "customer_service", "--task", "intent")
    terminal = Terminal(*words, cwd=tmp_path, lang="en")
    terminal.see("columns")
    seen = str(terminal.process.before)
    terminal.press("\x1b[B\r")  # change a column
    terminal.process.expect("Body")
    seen += str(terminal.process.before)
    terminal.press("\x03")
    seen += terminal.end()[1]
    assert not {one for one in seen if unicodedata.category(one) in {"Cf", "Zl", "Zp"}}


@pytest.mark.slow
def test_what_is_typed_and_completed_is_shown_escaped(tmp_path: Path) -> None:
    odd = "\u202e\u200b\u2066"
    (tmp_path / f"a{odd}.csv").write_text("x\n", encoding="utf-8")
    terminal = Terminal(cwd=tmp_path, lang="en")
    terminal.see("data")
    terminal.press(f"b{odd}")
    terminal.process.expect_exact(r"\u202e")  # typed
    seen = str(terminal.process.before)
    terminal.press("\x7f" * 4 + "a")
    terminal.press("\t")
    terminal.process.expect_exact(r"\u202e")  # completed
    seen += str(terminal.process.before)
    terminal.press("\r\r")  # the completion, and the line
    terminal.see("data")  # it holds no records, and another is asked for
    seen += str(terminal.process.before)
    terminal.press("\x03")
    seen += terminal.end()[1]
    assert not {one for one in seen if unicodedata.category(one) in {"Cf", "Zl", "Zp"}}
