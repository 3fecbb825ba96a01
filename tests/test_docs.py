"""What is written about newft is so: commands, options, names, paths, errors."""

from __future__ import annotations

import argparse
import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from readme_tables import (
    ADVICE_ROWS,
    EXPLAINED_ROWS,
    FAMILY_ROWS,
    FILE_COUNTS,
    FIT_CARD,
    FIT_ROWS,
    READMES,
    ROWS,
    SHAPE_ROWS,
    format_advice_rows,
    format_explained_rows,
    format_family_rows,
    format_file_counts,
    format_fit_rows,
    format_rows,
    format_shape_rows,
    show_output,
)

from golden_project import GOLDEN
from newft import errors
from newft.answers.keys import RECIPE_SETTINGS
from newft.catalog.gpu_spec import parse_gpu
from newft.cli_parser import Parser, build_parser
from newft.text import Language
from support.generate_project import catalog
from support.help_desk_export import RECORDS
from support.run_newft import plain_environment, run_newft

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "generator/newft"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
MAP = (ROOT / "generator/README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "README.zh.md", "CHANGELOG.md")),
    *(ROOT / f"{part}/README.md" for part in ("generator", "templates", "domains", "benchmarks")),
    *ROOT.glob("domains/*/sample/README.md"),
]
OURS = ".venv/bin/newft"
SAMPLES = {
    "applications.csv": "credit_risk/sample/risk_en.csv",
    "clauses.jsonl": "legal/sample/clauses_en.jsonl",
    "cases.json": "legal/sample/charges_zh.json",
}


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    lines = [line for block in blocks(text) for line in block.splitlines()]
    return [line for line in lines if line.startswith((OURS, "make ", "cd "))]


def options(parser: Parser) -> Iterator[argparse.Action]:
    return (action for action in parser._actions if action.option_strings)


class TestCommands:
    def test_everything_a_command_takes_is_explained_in_its_help(self) -> None:
        top, parsers = build_parser()
        for name, parser in {"newft": top, **parsers}.items():
            assert parser.description, name
            for action in (action for action in parser._actions if action.dest != "command"):
                assert action.help, f"{name}: {action.dest}"

    @pytest.mark.parametrize("readme", [README, CHINESE], ids=["en", "zh"])
    def test_the_readme_names_no_command_and_no_option_that_is_not_there(self, readme: str) -> None:
        top, parsers = build_parser()
        ours = {option for parser in parsers.values() for option in _names(parser)}
        spoken = re.findall(r"(?<=[`\s])--[a-z][a-z-]*", readme)
        assert set(spoken) - ours - _names(top) == set()
        subcommands = re.findall(r"(?:`|/bin/)newft ([a-z]+)\b", readme)
        assert set(subcommands) - {"update"} <= set(parsers)  # said to be not there yet

    def test_every_command_of_make_is_one(self) -> None:
        # some targets are only in projects of a certain kind
        templates = ("project/Makefile.jinja", "layers/training/project/_make_training.jinja")
        makefiles = [ROOT / "Makefile", *(ROOT / "templates" / name for name in templates)]
        offered = {target for makefile in makefiles for target in _targets(makefile)}
        spoken = set()
        for document in DOCUMENTS:
            text = document.read_text(encoding="utf-8")
            # in a sentence `make` is a verb; in code it is the command
            for code in re.findall(r"`([^`\n]+)`", text) + commands(text):
                spoken |= {
                    word for said in re.findall(r"\bmake ([a-z ]+)", code) for word in said.split()
                }
        assert spoken - offered == set()

    def test_both_languages_of_the_readme_have_the_same_commands(self) -> None:
        assert commands(CHINESE) == commands(README)

    @pytest.mark.parametrize(("language", "readme"), READMES.items())
    def test_the_readme_lists_every_answer(self, language: Language, readme: Path) -> None:
        """`make golden` writes these rows, and those of the shapes."""
        text = readme.read_text(encoding="utf-8")
        assert ROWS.findall(text) == [format_rows(language)]
        assert SHAPE_ROWS.findall(text) == [format_shape_rows(language)]

    @pytest.mark.parametrize(("language", "readme"), READMES.items())
    def test_the_examples_of_the_readme_are_what_newft_prints(
        self, language: Language, readme: Path
    ) -> None:
        """`make golden` writes them too."""
        text = readme.read_text(encoding="utf-8")
        assert EXPLAINED_ROWS.findall(text) == [format_explained_rows(language)]
        assert ADVICE_ROWS.findall(text) == [format_advice_rows(language)]
        assert FILE_COUNTS.findall(text) == format_file_counts(language)

    def test_the_lengths_of_the_model_that_the_readme_names_are_those_of_its_project(
        self, tmp_path: Path
    ) -> None:
        words = ("new", "./desk", "--gpu", FIT_CARD, "--model", "Qwen/Qwen3-4B", "--yes", "--json")
        recipe = json.loads(run_newft(*words, "--dry-run", cwd=tmp_path).stdout)["recipe"]
        length, packed = (recipe[name]["value"] for name in ("max_length", "max_packed_tokens"))
        assert recipe["gradient_checkpointing"]["value"] is False
        assert f"rows of up to {length} tokens in\npacked sequences of up to {packed:,}," in README
        assert f"每行不超过 {length} 个 token，打包成不超过 {packed:,} 个 token 的序列" in CHINESE

    def test_the_summary_of_the_chinese_conversation_is_what_newft_prints(
        self, tmp_path: Path
    ) -> None:
        shutil.copy(ROOT / "domains" / SAMPLES["cases.json"], tmp_path / "cases.json")
        words = ("new", "./legal-charge", "--data", "cases.json", "--gpu", "cpu", "--yes")
        printed = show_output(*words, "--dry-run", folder=tmp_path, language="zh")
        told = next(block for block in blocks(CHINESE) if block.startswith("$ newft new --lang zh"))
        summary = told[told.index("项目概览") :].splitlines()
        warned = [line for line in told.splitlines() if line.startswith("警告：")]
        others = ("...", "硬件", "?", "已写入")  # of this machine, or of the conversation
        shown = [line for line in [*summary, *warned] if line and not line.startswith(others)]
        assert len(shown) >= 8
        assert [line for line in shown if line not in printed] == []

    @pytest.mark.slow
    def test_the_commands_of_the_readme_run_in_their_order(self, tmp_path: Path) -> None:
        (tmp_path / "tickets.csv").write_text(RECORDS, encoding="utf-8")
        for name, sample in SAMPLES.items():
            shutil.copy(ROOT / "domains" / sample, tmp_path / name)
        ran, tasks = [], []
        for line in commands(README):
            if line == OURS or line.startswith("make "):
                continue  # one is a conversation, the others install
            done = subprocess.run(
                _here(line),
                shell=True,
                cwd=tmp_path,
                env=plain_environment(tmp_path),
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            ran.append(line)
            tasks += re.findall(r"^task +.*\((.+)\)$", done.stderr, re.MULTILINE)
        assert len(ran) == 18
        assert list(dict.fromkeys(tasks)) == [
            "customer_service / intent", "credit_risk / risk", "legal / clause", "legal / charge",
        ]  # fmt: skip


def _names(parser: Parser) -> set[str]:
    return {name for action in options(parser) for name in action.option_strings}


def _targets(makefile: Path) -> list[str]:
    return re.findall(r"^([a-z]+):.*##", makefile.read_text(encoding="utf-8"), re.MULTILINE)


def _here(line: str) -> str:
    """A command of the README for this environment, which builds nothing."""
    return line.replace(OURS, f"{shlex.quote(sys.executable)} -m newft").replace(
        "make ", "make -n "
    )


class TestNames:
    def test_every_link_leads_somewhere(self) -> None:
        for document in DOCUMENTS:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
                assert (document.parent / target).exists(), f"{document}: {target}"

    def test_every_file_that_is_named_exists(self) -> None:
        parts = ("generator", "templates", "domains", "benchmarks", "tests")
        files = [*ROOT.iterdir(), *(path for part in parts for path in (ROOT / part).rglob("*"))]
        known = {f"/{path.relative_to(ROOT).as_posix()}" for path in files}
        known |= {path.removesuffix(".jinja") for path in known}
        # by a run, by a user, or by who adds a family
        made = {"rejects.jsonl", "replaces.txt", "tickets.csv", "olmo2.yaml"}
        named = {
            (document.name, path)
            for document in DOCUMENTS
            for path in re.findall(
                r"`((?!\S*\.\.\.)[\w./-]+\.(?:py|yaml|toml|md|csv|jsonl|txt|jinja))`",
                document.read_text(encoding="utf-8"),
            )
        }
        strays = {
            (document, path)
            for document, path in named
            if path not in made and not any(one.endswith(f"/{path}") for one in known)
        }
        assert strays == set()

    def test_what_newft_knows_is_what_the_readme_lists(self) -> None:
        row = dict(re.findall(r"^\| (\w[\w ]*) \| (.+) \|$", README, re.MULTILINE))
        for kit in catalog().kits.values():
            assert kit.title.en.lower() in row["domains"]
            for task in kit.tasks.values():
                assert task.title.en.lower() in row["domains"]
        methods = [method.title.en for method in catalog().methods.values()]
        assert sorted(row["method"].split(", ")) == sorted(methods)
        named = re.findall(r"\b(?:RTX )?[A-Z]?\d+x?\d*(?:[A-Z]{1,2})?\b|Apple|CPU", row["hardware"])
        assert len(named) >= 8
        for name in named:
            parse_gpu(name, catalog().accelerators, machine=None)

    def test_the_chinese_readme_names_all_families_domains_and_tasks(self) -> None:
        row = dict(re.findall(r"^\| (\w+) \| ([^|]+) \|$", CHINESE, re.MULTILINE))
        methods = [method.title.zh for method in catalog().methods.values()]
        assert sorted(row["方法"].split("、")) == sorted(methods)
        for kit in catalog().kits.values():
            for titled in (kit, *kit.tasks.values()):
                assert titled.title.zh in row["领域"]

    @pytest.mark.parametrize(("language", "readme"), READMES.items())
    def test_the_families_methods_and_fits_are_those_of_the_catalogue(
        self, language: Language, readme: Path
    ) -> None:
        text = readme.read_text(encoding="utf-8")
        for pattern, make in ((FAMILY_ROWS, format_family_rows), (FIT_ROWS, format_fit_rows)):
            assert pattern.findall(text) == [make(language)]
        (rows,) = re.findall(r"^\| `--method` \| [^`].*\n.*\n((?:\|.*\n)+)", text, re.MULTILINE)
        named = re.findall(r"^\| `(\w+)`", rows, re.MULTILINE)
        assert sorted(named) == sorted(catalog().methods)
        for name in RECIPE_SETTINGS:
            assert f"`{name}`" in text

    @pytest.mark.parametrize("readme", [README, CHINESE], ids=["en", "zh"])
    def test_the_tree_of_a_project_in_the_readme_is_what_comes_out(self, readme: str) -> None:
        tree = next(block for block in blocks(readme) if block.startswith("desk/"))
        names = re.findall(r"[├└]── ([\w./-]+[\w/])", tree)
        assert len(names) >= 10
        src = GOLDEN / "src/golden_desk"
        for name in names:
            places = (GOLDEN / name.replace("src/desk", "src/golden_desk"), src / name)
            assert name == "data/raw/" or any(place.exists() for place in places), name


class TestMap:
    def test_the_map_of_the_generator_names_exactly_its_modules(self) -> None:
        tree = next(block for block in blocks(MAP) if block.startswith("newft/"))
        drawn: dict[str, set[str]] = {"": set()}
        package = ""
        for line in tree.splitlines()[1:]:
            if entry := re.match(r"[├└]── (\w+)(\.py|/)", line):
                package = entry[1] if entry[2] == "/" else ""
                drawn.setdefault(package, set()).update([] if package else [entry[1]])
            elif nested := re.match(r"[│ ]\s+(\w+)/ has (.+)", line):
                drawn[f"{package}/{nested[1]}"] = set(nested[2].split())
            else:
                drawn[package] |= {word for word in line.strip("│ ").split() if word[-1] != "/"}
        modules: dict[str, set[str]] = {}
        for path in PACKAGE.rglob("*.py"):
            if not path.name.startswith("__"):
                folder = path.parent.relative_to(PACKAGE).as_posix().removeprefix(".")
                modules.setdefault(folder, set()).add(path.stem)
        assert drawn == modules

    def test_every_module_of_a_project_is_on_the_map_of_the_templates(self) -> None:
        text = (ROOT / "templates/README.md").read_text(encoding="utf-8")
        tree = next(block for block in blocks(text) if block.startswith("package_name/"))
        base = [ROOT / f"templates/{name}/src" for name in ("project", "layers/training/project")]
        found = [path.name for folder in base for path in folder.rglob("*.py")]
        modules = [name for name in found if name != "__init__.py"]
        assert sorted(re.findall(r"\w+\.py", tree)) == sorted(modules)

    def test_every_home_of_a_rule_exists(self) -> None:
        for cell in re.findall(r"^\| .+ \| (.+) \|$", MAP, re.MULTILINE):
            folder = ""
            for path in re.findall(r"`([\w/]+\.py)`", cell):
                folder = folder if "/" not in path else path.rpartition("/")[0] + "/"
                name = path if "/" in path else folder + path
                assert (PACKAGE / name).is_file() or "overlay" in cell, name


class TestErrors:
    @pytest.fixture
    def classes(self) -> set[str]:
        return {
            name
            for name, value in vars(errors).items()
            if isinstance(value, type) and issubclass(value, errors.NewftError)
        }

    def test_every_one_is_in_the_tree_of_the_module(self, classes: set[str]) -> None:
        assert errors.__doc__ is not None
        assert set(re.findall(r"\b[A-Z]\w+Error\b", errors.__doc__)) == classes

    def test_every_one_is_raised_somewhere(self, classes: set[str]) -> None:
        made = {
            node.func.id
            for path in PACKAGE.rglob("*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert classes - made == {"NewftError"}  # the root says too little
