"""The command as it is run: exit codes, what is on stdout, what is on stderr."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from newft import __version__
from newft.catalog.loader import load_catalog
from newft.cli_help import HELP_TEXTS
from newft.cli_parser import SHOW_TOPICS
from newft.emitted.normalize import escape_controls as safe
from newft.i18n import detect_language, load_messages
from newft.project.file_state import ABSENT, describe_state
from newft.project.journal import Journal, JournalEntry, dump_journal
from newft.project.staging import STAGING_MARKER
from newft.schema.plan import Recipe
from newft.schema.tree import TreeFile
from newft.text_layout import measure_width, wrap_text
from support.checkout import GENERATOR
from support.files import list_names
from support.help_desk_export import RECORDS
from support.run_newft import plain_environment, run_newft

HEAVY = {"jinja2", "prompt_toolkit", "wcwidth", "rich", "pydantic", "torch", "yaml", "dataclasses"}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "tickets.csv").write_text(RECORDS, encoding="utf-8")
    return tmp_path


class TestStart:
    @pytest.mark.parametrize("words", [["--help"], ["new", "--help"], ["--version"]])
    def test_it_is_light(self, words: list[str], tmp_path: Path) -> None:
        code = (
            "import sys\nfrom newft.cli import main\n"
            f"try: main({words})\nexcept SystemExit: pass\n"
            f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
        )
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=plain_environment(tmp_path),
            check=True,
        )
        assert run.stderr == "[]\n"

    @pytest.mark.parametrize("words", [["--help"], ["new", "--help"], ["show", "--help"]])
    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_help_is_in_the_language_of_the_interface_and_fits(
        self, lang: str, words: list[str], tmp_path: Path
    ) -> None:
        shown = run_newft(*words, "--lang", lang, cwd=tmp_path, COLUMNS="80").stdout
        assert shown.startswith("用法：newft" if lang == "zh" else "usage: newft")
        assert max(map(measure_width, shown.splitlines())) <= 80
        english = {text.en for text in HELP_TEXTS.values() if " " in text.en}
        assert [text for text in english if lang == "zh" and text in shown] == []
        assert not re.search(r"[\u4e00-\u9fff][:,;]", shown)
        if "--lang" in shown and lang == "zh":
            assert run_newft(*words, cwd=tmp_path, NEWFT_LANG="zh", COLUMNS="80").stdout == shown

    def test_the_version_is_said(self, tmp_path: Path) -> None:
        run = run_newft("--version", cwd=tmp_path)
        assert (run.returncode, run.stdout, run.stderr) == (0, f"newft {__version__}\n", "")

    @pytest.mark.parametrize("words", [[], ["new"], ["new", "desk"], ["--name", "desk"]])
    def test_without_a_terminal_it_says_what_to_pass(
        self, words: list[str], tmp_path: Path
    ) -> None:
        run = run_newft(*words, cwd=tmp_path, stdin="\n" * 20)
        left = ["--data --domain --task --language --gpu --family --model", "--name"]
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr == (
            "error: there is no terminal for questions\n\n"
            "hint: use --yes for the defaults, or --answers FILE for the answers of a file;"
            f" not answered yet: {' '.join(left[: 1 if '--name' in words else 2])}\n"
        )
        assert list_names(tmp_path) == set()

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_a_completion_script_knows_the_catalogue(self, shell: str, tmp_path: Path) -> None:
        run = run_newft("completion", shell, cwd=tmp_path)
        assert (run.returncode, run.stderr) == (0, "")
        assert "smollm2" in run.stdout

    def test_a_reader_that_leaves_is_no_fault(self, tmp_path: Path) -> None:
        run = subprocess.run(
            f"{sys.executable} -m newft show families --json | head -c 1",
            shell=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=plain_environment(tmp_path),
            check=False,
        )
        assert (run.stdout, run.stderr) == ("[", "")


class TestUsage:
    @pytest.mark.parametrize(
        ("words", "error", "hint"),
        [
            (["nwe"], "COMMAND: `nwe` is not known", "did you mean `new`?"),
            (
                ["new", "--familly", "qwen3"],
                "newft new: there is no option `--familly`",
                "did you mean `--family`?",
            ),
            (
                ["new", "--fam", "qwen3"],
                "newft new: there is no option `--fam`",
                "did you mean `--family`?",
            ),
            (["new", "--language", "fr"], "--language: `fr` is not known", "known: en, zh"),
            (["new", "--data"], "--data: the value is missing", "newft new --help"),
            (["./my desk"], "COMMAND: `./my desk` is not a command", "newft new './my desk'"),
            (["--lang", "en", "nwe"], "COMMAND: `nwe` is not known", "did you mean `new`?"),
            (
                ["show", "families", "qwen3", "two"],
                "newft show: unexpected argument `two`",
                "newft show --help",
            ),
            (
                ["new", "--yes", "my", "desk"],
                "newft new: unexpected argument `desk`",
                "newft new --help",
            ),
            (["new", "--yes", "--set", "gpu"], "--set: `gpu` has no `=`", "--set KEY=VALUE"),
            (
                ["new", "--yes", "--set", "=cpu"],
                "--set: `=cpu` has no key before the `=`",
                "--set KEY=VALUE",
            ),
            (
                ["new", "--gpu", "cpu", "--gpu=auto"],
                "--gpu: the option may be given only once",
                "newft new --help",
            ),
            (
                ["--lang", "en", "new", "--lang=en"],
                "--lang: the option may be given only once",
                "newft new --help",
            ),
            (
                ["new", "--yes=1"],
                "--yes: the option takes no value, but got '1'",
                "newft new --help",
            ),
            (["show"], "missing: WHAT", "newft show --help"),
            (["show", "familys"], "WHAT: `familys` is not known", "did you mean `families`?"),
            (
                ["show", "families", "qwem3"],
                "show families: `qwem3` is not known",
                "did you mean `qwen3`?",
            ),
            (
                ["new", "--yes", "--set", "gqu=cpu"],
                "--set: `gqu` is not known",
                "did you mean `gpu`?",
            ),
            (
                ["new", "--yes", "--family", "qwem3"],
                "family: `qwem3` is not known",
                "did you mean `qwen3`?",
            ),
            (
                ["new", "--yes", "--gpu", "cpu", "--set", "gpu=auto"],
                "--set gpu: the value is `auto` here and `cpu` in --gpu",
                "give only one of the two",
            ),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else None,
    )  # fmt: skip
    def test_a_wrong_word_exits_2_with_the_nearest(
        self, words: list[str], error: str, hint: str, tmp_path: Path
    ) -> None:
        run = run_newft(*words, cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr == f"error: {error}\n\nhint: {hint}\n"
        assert list_names(tmp_path) == set()

    @pytest.mark.parametrize(
        "name", ["class", "json", "torch", "a/b", "..", "a\nb", '"a"', "{{ a }}", "x" * 41]
    )
    def test_a_name_that_cannot_be_one_is_refused(self, name: str, tmp_path: Path) -> None:
        run = run_newft("new", "--yes", "--name", name, cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.startswith("error: name: ")
        assert list_names(tmp_path) == set()


class TestShow:
    @pytest.mark.parametrize("what", SHOW_TOPICS)
    def test_each_kind_is_listed_and_each_of_it_shown(self, what: str, tmp_path: Path) -> None:
        listed = json.loads(run_newft("show", what, "--json", cwd=tmp_path).stdout)
        plain = run_newft("show", what, cwd=tmp_path)
        first = listed[0]["id"]
        one = run_newft("show", what, first, "--json", cwd=tmp_path)

        assert [line.split("\t")[0] for line in plain.stdout.splitlines()] == [
            "id",
            *(entry["id"] for entry in listed),
        ]
        assert json.loads(one.stdout) == listed[:1]
        assert first in run_newft("show", what, first, cwd=tmp_path).stdout

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_each_task_takes_one_shape_and_gives_its_example(
        self, language: str, tmp_path: Path
    ) -> None:
        words = ("show", "shapes", "--json", "--lang", language)
        listed = json.loads(run_newft(*words, cwd=tmp_path).stdout)
        taken = [task for entry in listed for task in entry["tasks"]]
        kits = load_catalog().kits.values()
        assert sorted(taken) == sorted(f"{kit.id}/{task}" for kit in kits for task in kit.tasks)
        for entry in listed:
            assert all(entry[key] for key in ("title", "columns", "example"))
            assert bool(entry["files"]) == bool(entry["tasks"])

    def test_a_family_has_what_tools_rely_on(self, tmp_path: Path) -> None:
        run = run_newft("show", "families", "smollm2", "--json", cwd=tmp_path)
        family = load_catalog().families["smollm2"]
        assert json.loads(run.stdout) == [
            {
                "id": "smollm2",
                "title": family.title,
                "models": [
                    {"hub_id": size.hub_id, "parameters": size.parameters} for size in family.sizes
                ],
                "architectures": list(family.architectures),
                "targets": {"lora": "all-linear", "qlora": "all-linear"},
                "fp16_safe": family.fp16_safe.value,
                "sources": list(family.sources),
            }
        ]

    def test_a_locale_without_chinese_is_no_fault(self, tmp_path: Path) -> None:
        words = ("show", "domains", "--lang", "zh")
        table = run_newft(*words, cwd=tmp_path, PYTHONIOENCODING="ascii")
        listed = run_newft(*words, "--json", cwd=tmp_path, PYTHONIOENCODING="ascii")
        assert (table.returncode, table.stderr) == (0, "")
        assert [kit["title"] for kit in json.loads(listed.stdout)] == ["信贷风控", "客服", "法律"]

    def test_titles_are_in_the_language_asked_for(self, tmp_path: Path) -> None:
        run = run_newft("show", "domains", "--lang", "zh", cwd=tmp_path)
        assert "\ncustomer_service\t客服\t" in run.stdout

    @pytest.mark.parametrize(
        "words",
        [
            ["--lang", "zh", "show", "domains", "customer_service"],
            ["--lang=zh", "show", "domains", "customer_service"],
            ["show", "--lang", "zh", "domains", "customer_service"],
            ["show", "domains", "--lang", "zh", "customer_service"],
            ["show", "domains", "customer_service", "--lang", "zh"],
        ],
    )
    def test_the_language_may_stand_anywhere(self, words: list[str], tmp_path: Path) -> None:
        run = run_newft(*words, cwd=tmp_path)
        assert (run.returncode, run.stderr) == (0, "")
        assert "title\t客服\n" in run.stdout


@pytest.mark.slow
class TestNew:
    def test_json_is_all_that_stdout_has(self, here: Path) -> None:
        run = run_newft(
            "new", "desk", "--data", "tickets.csv", "--gpu", "cpu", "--yes", "--json", cwd=here
        )
        assert (run.returncode, run.stderr) == (0, "")
        report = json.loads(run.stdout)
        assert list(report) == [
            "path", "domain", "task", "language", "family", "model", "method",
            "kit", "recipe", "estimate", "data", "files", "notes", "warnings",
        ]  # fmt: skip
        assert report["path"] == "desk"
        assert set(report["recipe"]) > set(Recipe.__dataclass_fields__) - {"method"}
        assert all(
            set(value) == {"value", "why", "source"} and value["why"] and value["source"]
            for value in report["recipe"].values()
        )
        assert report["data"] == {
            "files": ["tickets.csv"],
            "encoding": "utf-8",
            "rows": 42,
            "accepted": 42,
            "rejected": {},
            "mapping": {"text": "Body", "label": "Reason"},
            "shape": "text_label",
            "labels": {"login": 14, "parcel": 14, "refund": 14},
            "positive": [],
            "indeterminate": [],
            "inputs": [],
            "protected": [],
            "excluded": [],
            "reasons": {},
            "doubtful": {},
        }
        written = [path for path in (here / "desk").rglob("*") if path.is_file()]
        assert report["files"] == sorted(
            path.relative_to(here / "desk").as_posix() for path in written
        )

    def test_each_warning_is_said_once(self, here: Path) -> None:
        rare = "".join(f"{word} please help,card{n % 3}\n" for n, word in enumerate("abcdefghi"))
        (here / "t.csv").write_bytes((RECORDS + rare).encode("utf-16"))
        words = ("new", "desk", "--data", "t.csv", "--gpu", "cpu", "--yes", "--dry-run")
        said = json.loads(run_newft(*words, "--json", cwd=here).stdout)["warnings"]
        assert len(said) == len(set(said)) > 1
        shown = run_newft(*words, "--explain", cwd=here).stderr
        assert [
            line.removeprefix("warning: ")
            for line in shown.splitlines()
            if line.startswith("warning: ")
        ] == said
        assert sum("card0" in warning for warning in said) == 1
        assert "(csv, utf-16)" in shown  # which is nothing to be warned of

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_what_is_shown_breaks_no_word_and_ends_in_no_blanks(
        self, lang: str, here: Path
    ) -> None:
        words = ("new", "--data", "tickets.csv", "--yes", "--explain", "--lang", lang)
        shown = run_newft(*words, cwd=here, COLUMNS="80").stderr
        assert [line for line in shown.splitlines() if line != line.rstrip()] == []
        for word in ("gate_proj,", "max_grad_norm", "attention", "`--gpu"):
            assert shown.count(word) >= ("`" not in word), word
        assert not re.search(r"\d\n +(GB|%|MB)", shown)

    def test_the_bad_outcome_is_named_before_a_project_is_written(self, here: Path) -> None:
        rows = "".join(
            f"{i * 37 % 101},{i * 53 % 89},{'yes' if i % 3 else 'no'}\n" for i in range(90)
        )
        (here / "loans.csv").write_text(f"income,debt,default\n{rows}", encoding="utf-8")
        words = ("new", "--data", "loans.csv", "--yes", "--dry-run", "--domain", "credit_risk")
        shown = run_newft(*words, "--task", "risk", cwd=here).stderr
        assert re.search(r"^The project\n(.+\n)+bad outcome +yes \(67% of the rows\)$", shown, re.M)

    @pytest.mark.parametrize(("lang", "note"), [("en", "note: "), ("zh", "说明：")])
    def test_what_the_project_sees_to_is_a_note_and_no_warning(
        self, lang: str, note: str, here: Path
    ) -> None:
        words = ("new", "desk", "--gpu", "cpu", "--yes", "--dry-run", "--lang", lang)
        shown = run_newft(*words, "--explain", cwd=here).stderr.splitlines()
        caveats = load_catalog().families["smollm2"].caveats
        assert [line for line in shown if line.startswith(note)] == [
            note
            + ("SmolLM2: {}: {}" if lang == "en" else "SmolLM2：{}：{}").format(
                caveat.value.to(lang), caveat.why.to(lang)
            )
            for caveat in caveats
        ]
        warned = json.loads(run_newft(*words, "--json", cwd=here).stdout)["warnings"]
        assert not [warning for warning in warned if "SmolLM2" in warning]

    @pytest.mark.parametrize(
        ("folder", "name"),
        [
            ("my desk", "my desk"),
            ("客服 助手", "客服 助手"),
            ("客服（新）v1.2", "客服 新 v1 2"),
            ("-desk.", "desk"),
            ("json", "customer-service-intent"),
            ("…", "customer-service-intent"),
        ],
    )
    def test_a_project_is_called_as_its_folder_as_far_as_it_can_be(
        self, folder: str, name: str, here: Path
    ) -> None:
        words = ("new", f"./{folder}", "--gpu", "cpu", "--yes", "--dry-run")
        shown = run_newft(*words, cwd=here).stderr
        assert re.search(rf"^(name +|folder +/.*/){re.escape(name)}$", shown, re.MULTILINE)

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_the_summary_fits_a_terminal(self, lang: str, here: Path) -> None:
        words = (
            "new",
            "desk",
            "--data",
            "tickets.csv",
            "--gpu",
            "1xRTX4090",
            "--yes",
            "--lang",
            lang,
        )
        shown = run_newft(*words, cwd=here, COLUMNS="80").stderr
        summary = re.split(r"\n.*(?:files written|已写入)", shown)[0]
        lines = [part for line in summary.splitlines() for part in wrap_text(line, 80)]
        assert len(lines) <= 24 - 2  # a blank line and the next prompt

    def test_a_summary_of_many_columns_lists_the_first(self, here: Path) -> None:
        header = ",".join(["default", *(f"feature{number}" for number in range(50))])
        rows = [
            ",".join([str(row % 3 == 0), *(str(row * n % 97) for n in range(3, 53))])
            for row in range(90)
        ]
        (here / "loans.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
        words = ("new", "desk", "--data", "loans.csv", "--gpu", "cpu", "--yes", "--dry-run")
        shown = run_newft(*words, cwd=here).stderr
        assert re.search(r"feature40,\s+\.\.\. \d+ more\n", shown)
        assert "feature48" not in shown
        assert "feature48" in run_newft(*words, "--explain", cwd=here).stderr

    def test_every_number_is_explained_on_request_alone(self, here: Path) -> None:
        words = ("new", "desk", "--gpu", "cpu", "--yes", "--dry-run")
        summary = run_newft(*words, cwd=here).stderr
        explained = run_newft(*words, "--explain", cwd=here).stderr
        assert "learning_rate" in summary and "--explain" in summary
        assert "weight_decay" not in summary
        assert re.search(r"weight_decay +0\S* +\w(.|\n)*?\[\d+\]", explained)
        assert summary.partition("The project")[2].partition("Every number")[0] in explained

    def test_paths_that_exist_are_said_without_the_plan(self, here: Path) -> None:
        words = ("new", "desk", "--gpu", "cpu", "--yes")
        assert run_newft(*words, cwd=here).returncode == 0
        for dry in ((), ("--dry-run",)):
            run = run_newft(*words, *dry, cwd=here)
            count = int(re.match(r"error: .*: (\d+) paths exist already", run.stderr)[1])
            lines = run.stderr.splitlines()
            assert (run.returncode, len(lines)) == (1, 14)  # the error, ten paths, count and hint
            assert lines[11] == f"  ... {count - 10} more"

    def test_a_dry_run_shows_and_writes_nothing(self, here: Path) -> None:
        run = run_newft(
            "new", "--data", "tickets.csv", "--gpu", "cpu", "--yes", "--dry-run", cwd=here
        )
        assert (run.returncode, run.stdout) == (0, "")
        assert "learning_rate" in run.stderr
        assert "run.yaml" in run.stderr
        assert list_names(here) == {"tickets.csv"}

    def test_a_dry_run_says_in_json_what_a_run_would_write(self, here: Path) -> None:
        words = ("new", "desk", "--data", "tickets.csv", "--gpu", "cpu", "--yes", "--json")
        dry = json.loads(run_newft(*words, "--dry-run", cwd=here).stdout)
        done = json.loads(run_newft(*words, cwd=here).stdout)
        assert dry == {**done, "path": None}

    def test_without_a_path_the_project_is_in_a_folder_of_its_name(self, here: Path) -> None:
        run = run_newft("new", "--gpu", "cpu", "--yes", "--name", "desk", cwd=here)
        assert (run.returncode, run.stdout) == (0, "")
        assert (here / "desk" / "config" / "run.yaml").is_file()

    def test_answers_of_a_file_or_of_stdin_need_no_terminal(self, here: Path) -> None:
        text = "gpu: cpu\ndata:\n  files: [tickets.csv]\n"
        (here / "a.yml").write_text(text, encoding="utf-8")
        words = ("new", "desk", "--json", "--dry-run", "--answers")
        from_file = run_newft(*words, "a.yml", cwd=here)
        from_stdin = run_newft(*words, "-", cwd=here, stdin=text)
        assert (from_file.returncode, from_stdin.returncode) == (0, 0)
        assert json.loads(from_file.stdout) == json.loads(from_stdin.stdout)

    def test_a_file_that_is_not_there_exits_1_and_writes_nothing(self, tmp_path: Path) -> None:
        run = run_newft("new", "desk", "--data", "nowhere.csv", "--yes", "--json", cwd=tmp_path)
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr.startswith("error: nowhere.csv")
        assert list_names(tmp_path) == set()

    def test_what_is_in_the_way_exits_1_and_stays(self, here: Path) -> None:
        (here / "desk").mkdir()
        (here / "desk" / "README.md").write_text("mine", encoding="utf-8")
        run = run_newft("new", "desk", "--gpu", "cpu", "--yes", cwd=here)
        assert run.returncode == 1
        assert "README.md" in run.stderr
        assert list_names(here / "desk") == {"README.md"}
        assert (here / "desk" / "README.md").read_text(encoding="utf-8") == "mine"

    def test_a_run_that_was_killed_while_moving_files_is_finished_first(self, here: Path) -> None:
        stage = here / "desk" / ".newft-apply"
        (stage / "after").mkdir(parents=True)
        (stage / "after" / "0").write_text("first", encoding="utf-8")
        (stage / STAGING_MARKER).touch()
        entry = JournalEntry("README.md", ABSENT, describe_state(TreeFile(b"first")))
        (stage / "journal").write_bytes(dump_journal(Journal((entry,), ())))
        run = run_newft("new", "desk", "--gpu", "cpu", "--yes", "--json", cwd=here)
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr == (
            f"error: {here / 'desk'}: an interrupted run of newft was completed just now: "
            "its project is here\n\nhint: look at it, or choose another path\n"
        )
        assert list_names(here / "desk") == {"README.md"}

    def test_the_folder_may_be_here(self, here: Path) -> None:
        desk = here / "desk"
        desk.mkdir()
        (desk / "LICENSE").write_text("mine", encoding="utf-8")
        run = run_newft("new", ".", "--gpu", "cpu", "--yes", "--json", cwd=desk)
        assert (run.returncode, run.stderr) == (0, "")
        assert (desk / "src" / "desk").is_dir()
        assert "LICENSE" in list_names(desk)

    def test_the_language_of_the_interface_reaches_no_file(self, here: Path) -> None:
        for lang in ("en", "zh"):
            words = ("new", lang, "--gpu", "cpu", "--name", "desk", "--yes", "--lang", lang)
            assert run_newft(*words, cwd=here, LC_ALL="C").returncode == 0
        english, chinese = (
            {
                path.relative_to(here / lang): path.read_bytes()
                for path in (here / lang).rglob("*")
                if path.is_file()
            }
            for lang in ("en", "zh")
        )
        assert english == chinese

    def test_a_bug_exits_70_and_names_its_traceback(self, tmp_path: Path) -> None:
        code = (
            "import sys\nimport newft.cli as cli\n"
            "def fail(_):\n    raise ZeroDivisionError\n"
            "cli.COMMANDS['show'] = fail\nsys.exit(cli.main(['show', 'domains']))"
        )
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=plain_environment(tmp_path),
            check=False,
        )
        path = tmp_path / "state" / "newft" / "traceback.txt"
        assert (run.returncode, run.stdout) == (70, "")
        assert run.stderr == f"error: this is a bug in newft; the details are in {path}\n"
        assert "ZeroDivisionError" in path.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("moment", "said", "there"),
        [
            ("project.write.resolve_folder", "interrupted, nothing was written", False),
            ("project.write.sync_tree", "interrupted, nothing was written", False),
            ("commands.new.report_json", "interrupted, but the project is written to desk", True),
        ],
    )
    def test_ctrl_c_is_told_what_became_of_the_project(
        self, moment: str, said: str, there: bool, here: Path
    ) -> None:
        code = (
            "import sys\nimport newft.commands.new\nfrom newft.cli import main\n"
            "def interrupt(*_, **__):\n    raise KeyboardInterrupt\n"
            f"newft.{moment} = interrupt\n"
            "sys.exit(main(['new', 'desk', '--gpu', 'cpu', '--yes', '--json']))"
        )
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=here,
            capture_output=True,
            text=True,
            env=plain_environment(here),
            check=False,
        )
        assert (run.returncode, run.stdout, run.stderr) == (130, "", f"error: {said}\n")
        assert ((here / "desk" / "config" / "run.yaml").is_file()) == there


class TestTexts:
    def test_both_catalogues_have_the_same_keys_and_places(self) -> None:
        english, chinese = load_messages("en"), load_messages("zh")
        assert list(english) == list(chinese)
        for key, text in english.items():
            assert _places(text) == _places(chinese[key]), key

    def test_chinese_texts_have_chinese_punctuation(self) -> None:
        texts = [*load_messages("zh").values(), *(text.zh for text in HELP_TEXTS.values())]
        chinese, half = "[\u4e00-\u9fff）”]", r"[,;:!?()]"
        odd = [text for text in texts if re.search(f"{chinese}{half}|{half}{chinese}", text)]
        assert odd == []

    def test_every_text_is_used(self) -> None:
        source = "".join(
            path.read_text(encoding="utf-8") for path in (GENERATOR / "newft").rglob("*.py")
        )
        made = ("questions.", "wizard.path", "wizard.text", "error.", "data.en", "data.zh")
        # of a key whose last part is filled in, such as f"status.{need}"
        made += tuple(re.findall(r'f"([a-z_]+\.[a-z_.]*)\{', source))
        # of a key whose first part is filled in, such as f"{command}.question"
        ends = tuple(re.findall(r'f"\{[a-z_]+\}(\.[a-z_]+)"', source))
        unused = [
            key
            for key in load_messages("en")
            if f'"{key}"' not in source and not (key.startswith(made) or key.endswith(ends))
        ]
        assert unused == []

    @pytest.mark.parametrize(
        ("option", "environment", "expected"),
        [
            (None, {}, "en"),
            ("zh", {"NEWFT_LANG": "en"}, "zh"),
            (None, {"NEWFT_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
            (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
            (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
            (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_US"}, "zh"),
            (None, {"LANG": "fr_FR.UTF-8"}, "en"),
        ],
    )
    def test_the_language_is_that_of_option_variable_or_locale(
        self, option: str | None, environment: dict[str, str], expected: str
    ) -> None:
        assert detect_language(option, environment) == expected

    def test_what_could_steer_a_terminal_is_written_out(self) -> None:
        assert safe("a\x1b[2Jb\u202ec\n[red]客服") == "a\\x1b[2Jb\\u202ec\\n[red]客服"


def _places(text: str) -> set[str]:
    return {re.split("[:}]", part)[0] for part in text.split("{")[1:]}
