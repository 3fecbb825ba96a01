"""What both READMEs list and show of newft's output, made by the code and by newft itself.

python tests/readme_tables.py writes them anew.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from newft.answers.keys import ANSWER_KEYS
from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.loader import load_catalog
from newft.decide.model.model_fits import list_model_fits
from newft.schema.family import Family
from newft.schema.method import DEFAULT_METHOD
from newft.schema.record_shape import SHAPE_COLUMNS, SHAPE_TITLES
from newft.text import Language, Text
from newft.text_layout import clip_text, measure_width, wrap_text
from newft.wizard.model_entries import summarize_family, summarize_model_fit
from newft.wizard.shape_examples import get_shape_example, list_tasks_of_shape
from support.checkout import REPOSITORY
from support.run_newft import run_newft

READMES: dict[Language, Path] = {
    "en": REPOSITORY / "README.md",
    "zh": REPOSITORY / "README.zh.md",
}
ROWS = re.compile(r"(?:^\| `--[a-z-]+` \| `.*\n)+", re.MULTILINE)
FAMILY_ROWS = re.compile(r"(?:^\| `[a-z0-9_]+` \| [^|`\n]+ \| \d[^|`\n]* \|.*\n)+", re.MULTILINE)
FIT_ROWS = re.compile(r"(?:^Qwen/Qwen3-(?:8|14)B  .*\n)+", re.MULTILINE)
FIT_CARD, FIT_MODELS = "1xRTX4090", ("Qwen/Qwen3-8B", "Qwen/Qwen3-14B")
SHAPE_ROWS = re.compile(r"(?:^\| [^|`\n]+ \(`[a-z_]+`\) \|.*\n)+", re.MULTILINE)
EXPLAINED_ROWS = re.compile(r"^(?:name  |名称  ).*\n(?:.+\n)+?(?=```)", re.MULTILINE)
EXPLAINED_VALUES = ("rank", "dropout", "warmup_ratio")
ADVICE_ROWS = re.compile(r"^(?:Advice: |建议：)(?:.*\n)+?(?=\.\.\.\n```)", re.MULTILINE)
ADVISED = ("task=intent", "advice.knowledge_change=daily", "roi.requests_per_month=20000")
# how many files a project has: those of the two conversations, and that of a kit
FILE_COUNTS = re.compile(
    r"^\d+ files written to customer-service-intent$|^已写入 \d+ 个文件到 legal-charge$"
    r"|^tests/default\.yml +\d+ (?:files; its tests pass|个文件；测试通过)$",
    re.MULTILINE,
)
TERMINAL_WIDTH = 80
MAX_EXAMPLE_COLUMNS, MAX_EXAMPLE_WIDTH = 3, 32  # the last columns hold the label


def format_rows(language: Language) -> str:
    """One row for each answer: its option, its key, and the help of the option."""
    return "".join(
        f"| `{entry.option}` | `{entry.key}` | {entry.help.to(language)} |\n"
        for entry in ANSWER_KEYS
    )


def format_family_rows(language: Language) -> str:
    """One row for each family: its sizes and licences, and whether a project trains it."""
    catalog = load_catalog()
    return "".join(_format_family(one, language) for one in catalog.families.values())


def _format_family(family: Family, language: Language) -> str:
    row = summarize_family(family, language)
    gated = (
        Text(", gated", "，需申请") if any(size.gated for size in family.sizes) else Text("", "")
    )
    chinese = Text("yes", "是") if "zh" in family.languages else Text("no", "否")
    trained = Text("yes", "是")
    if family.successor:
        trained = Text(
            "no: data, classical baseline and a configuration of LLaMA-Factory; instead: "
            f"`{family.successor.value}`",
            f"否：只有数据、传统基线和 LLaMA-Factory 的配置；建议改用 `{family.successor.value}`",
        )
    licenses = row["licenses"].replace("?", Text("see its page", "见模型页面").to(language))
    cells = (f"`{family.id}`", family.title, row["sizes"], f"{licenses}{gated.to(language)}")
    return f"| {' | '.join((*cells, chinese.to(language), trained.to(language)))} |\n"


def format_fit_rows(_: Language) -> str:
    """The models that the READMEs show, as `newft show models` does on a card."""
    catalog = load_catalog()
    hardware = parse_gpu(FIT_CARD, catalog.accelerators, machine=None)
    fits = list_model_fits(hardware, catalog.methods[DEFAULT_METHOD], catalog)
    shown = {fit.size.hub_id: summarize_model_fit(fit, "en").values() for fit in fits}
    words = {True: "yes", False: "no", None: "?"}
    return "".join(
        "  ".join(words[one] if one in words else str(one) for one in shown[name]) + "\n"
        for name in FIT_MODELS
    )


def format_shape_rows(language: Language) -> str:
    """One row for each shape: its columns, part of a record, and the tasks that take it."""
    catalog, rows = load_catalog(), []
    for shape, title in SHAPE_TITLES.items():
        example = get_shape_example(shape, catalog, language)
        parts = [f"{name}: {_clip(value)}" for name, value in example.items()]
        shown = "; ".join(parts[-MAX_EXAMPLE_COLUMNS:])
        tasks = ", ".join(f"`{name}`" for name in list_tasks_of_shape(shape, catalog)) or "-"
        columns = SHAPE_COLUMNS[shape].to(language)
        rows.append(f"| {title.to(language)} (`{shape}`) | {columns} | {shown} | {tasks} |\n")
    return "".join(rows)


def _clip(value: str) -> str:
    whole = " ".join(value.replace("|", "/").split())
    shown = clip_text(whole, MAX_EXAMPLE_WIDTH)
    return shown if shown == whole else f"{shown.rstrip()}..."


def show_output(*words: str, folder: Path, language: Language) -> list[str]:
    """The lines that newft prints in a terminal of the usual width."""
    words = (*words, "--lang", language)
    run = run_newft(*words, cwd=folder, COLUMNS=str(TERMINAL_WIDTH))
    assert run.returncode == 0, run.stderr
    lines = (run.stdout + run.stderr).splitlines()
    return [part for line in lines for part in _fold_line(line)]


def _fold_line(line: str) -> list[str]:
    """The lines of a text as it stands in a terminal; tables are made to fit."""
    fits = measure_width(line) <= TERMINAL_WIDTH
    return [line] if fits else wrap_text(line, TERMINAL_WIDTH)


def _take_row(lines: list[str], start: str) -> Iterator[str]:
    """The first line that begins so, and the lines below it that belong to its cells."""
    first = next(number for number, line in enumerate(lines) if line.startswith(start))
    yield f"{lines[first]}\n"
    yield from (f"{line}\n" for line in takewhile(lambda one: one[:1] == " ", lines[first + 1 :]))


def format_explained_rows(language: Language) -> str:
    """Some of the values of a project on a card, each with its reason."""
    with tempfile.TemporaryDirectory() as folder:
        words = ("new", "./desk", "--yes", "--gpu", FIT_CARD, "--explain", "--dry-run")
        lines = show_output(*words, folder=Path(folder), language=language)
    names = (Text("name", "名称").to(language), *EXPLAINED_VALUES)
    return "".join(row for name in names for row in _take_row(lines, f"{name} "))


def format_advice_rows(language: Language) -> str:
    """The advice on the example of the READMEs, as far as what rules an approach out."""
    sets = [word for one in ADVISED for word in ("--set", one)]
    with tempfile.TemporaryDirectory() as folder:
        words = ("advise", "--yes", "--gpu", "cpu", *sets)
        lines = show_output(*words, folder=Path(folder), language=language)
    first = next(number for number, line in enumerate(lines) if line)
    points = [f"{line}\n" for line in takewhile(bool, lines[first:])]
    ruled_out = _take_row(lines[first:], Text("ruled out ", "已排除 ").to(language))
    return "".join([*points, "\n", *ruled_out])


def format_file_counts(language: Language) -> list[str]:
    """How many files newft writes, in its own words."""
    sample = REPOSITORY / "domains/legal/sample/charges_zh.json"
    projects: dict[Language, tuple[str, ...]] = {
        "en": ("./customer-service-intent",),
        "zh": ("./legal-charge", "--data", str(sample)),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = ("new", *projects[language], "--gpu", "cpu", "--yes")
        lines = show_output(*words, folder=folder, language=language)
        written = next(line for line in lines if FILE_COUNTS.fullmatch(line))
        run_newft("kit", "new", "bank-kit", cwd=folder)
        words = ("kit", "check", "bank-kit", "--no-tests")
        lines = show_output(*words, folder=folder, language=language)
    found = re.search(r"^tests/default\.yml\s+(\d+)", "\n".join(lines), re.MULTILINE)
    assert found
    passed = Text(f"{found[1]} files; its tests pass", f"{found[1]} 个文件；测试通过")
    return [written, f"tests/default.yml              {passed.to(language)}"]


def main() -> None:
    """Replace the rows in both READMEs."""
    for language, readme in READMES.items():
        text = readme.read_text(encoding="utf-8")
        counts = format_file_counts(language)
        for old, count in zip(FILE_COUNTS.findall(text), counts, strict=True):
            text = text.replace(old, count)
        for pattern, new in (
            (ROWS, format_rows),
            (FAMILY_ROWS, format_family_rows),
            (FIT_ROWS, format_fit_rows),
            (SHAPE_ROWS, format_shape_rows),
            (EXPLAINED_ROWS, format_explained_rows),
            (ADVICE_ROWS, format_advice_rows),
        ):
            (rows,) = pattern.findall(text)
            text = text.replace(rows, new(language))
        readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
