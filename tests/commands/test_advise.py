"""`newft advise` as it is run: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from newft.text_layout import wrap_text
from support.kit_folders import write_kit
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

DAILY = ("--set", "task=intent", "--set", "advice.knowledge_change=daily")
VOLUME = ("--set", "roi.requests_per_month=20000", "--set", "roi.gpu_price=2")
ADVISE = ("advise", "--yes", "--gpu", "cpu", *DAILY, *VOLUME)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_summary_fits_a_terminal_and_is_the_result(lang: str, tmp_path: Path) -> None:
    run = run_newft(*ADVISE, "--lang", lang, cwd=tmp_path, COLUMNS="80")
    assert run.returncode == 0, run.stderr
    lines = [part for line in run.stdout.splitlines() for part in wrap_text(line, 80)]
    assert len(lines) <= 24
    named = {"en": ("retrieval", "ruled out", "payback"), "zh": ("检索增强", "已排除", "回本")}
    assert all(word in run.stdout for word in named[lang])
    defaults = {"en": r"\d+ of \d+ figures are defaults", "zh": r"\d+ 个数字中有 \d+ 个是默认值"}
    assert re.search(defaults[lang], run.stderr)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_summary_of_a_team_that_knows_much_fits_too(lang: str, tmp_path: Path) -> None:
    facts = ("labelled_rows=700", "rows_per_label=50", "offline=yes", "team=ml")
    sets = [word for fact in facts for word in ("--set", f"advice.{fact}")]
    words = ("advise", "--yes", "--gpu", "cpu", "--set", "task=intent", *VOLUME, *sets)
    run = run_newft(*words, "--lang", lang, cwd=tmp_path, COLUMNS="80")
    lines = [part for line in run.stdout.splitlines() for part in wrap_text(line, 80)]
    assert 0 < len(lines) <= 24, run.stderr


def test_json_has_advice_and_return_and_nothing_else_is_on_stdout(tmp_path: Path) -> None:
    report = json.loads(run_newft(*ADVISE, "--json", cwd=tmp_path).stdout)
    advice, roi = report["advice"], report["roi"]
    assert advice["recommendation"] == "rag" and advice["runner_up"] == "hybrid"
    totals = dict.fromkeys(advice["scores"], 0)
    for one in advice["contributions"]:
        assert one["why"] and one["source"] and one["value"] and one["factor"]
        totals[one["option"]] += one["points"]
    assert totals == advice["scores"]
    assert {"option", "why", "first"} <= {*advice["vetoes"][0]}
    assert {flip["recommendation"] for flip in advice["flips"]} & {"prompt", "hybrid"}
    assert advice["first_match_rule"] == "rag"
    assert roi["low"]["npv"] < roi["base"]["npv"] < roi["high"]["npv"]
    assert roi["low"]["payback_month"] is None and roi["currency"] == "USD"
    assert {*roi["simple_formula"]} == {"roi", "payback_months"}


def test_without_a_volume_no_return_is_invented(tmp_path: Path) -> None:
    words = ("advise", "--yes", "--gpu", "cpu", *DAILY, "--json")
    roi = json.loads(run_newft(*words, cwd=tmp_path).stdout)["roi"]
    assert (roi["low"], roi["base"], roi["high"]) == (None, None, None)
    assert "requests_per_month" in roi["missing"]


def test_the_requests_a_month_are_given_once(tmp_path: Path) -> None:
    for key in ("advice.requests_per_month", "roi.requests_per_month"):
        words = ("advise", "--yes", "--gpu", "cpu", "--set", f"{key}=20000", "--json")
        report = json.loads(run_newft(*words, cwd=tmp_path).stdout)
        assert report["advice"]["known"]["requests_per_month"]["value"] == 20000
        assert report["roi"]["figures"]["requests_per_month"]["base"] == 20000


def test_every_point_and_figure_is_explained_on_request(tmp_path: Path) -> None:
    shown = run_newft(*ADVISE, "--explain", cwd=tmp_path).stdout
    for key in ("advice.needs_citation", "roi.contained_share", "roi.salary"):
        assert key in shown
    assert "edit me" in shown and "prompting, on an API" in shown


@pytest.mark.parametrize(
    ("sets", "keys"),
    [
        (("advice.knowledge_chnge=daily", "advice.needs_citation=maybe"), ("change", "citation")),
        (
            ("roi.contained_share=1.5", "roi.requests_per_month=2万", "roi.horizon_months=600"),
            ("contained_share", "20000", "horizon_months"),
        ),
        (("roi.requests_per_month=20,000", "roi.salary=-1"), ("20000", "salary")),
    ],
)
def test_all_faults_are_said_at_once(
    sets: tuple[str, ...], keys: tuple[str, ...], tmp_path: Path
) -> None:
    words = [word for one in sets for word in ("--set", one)]
    run = run_newft("advise", "--yes", "--gpu", "cpu", *words, cwd=tmp_path)
    assert run.returncode in (1, 2) and not run.stdout
    assert all(key in run.stderr for key in keys)


def test_without_a_terminal_it_says_what_to_pass(tmp_path: Path) -> None:
    run = run_newft("advise", cwd=tmp_path)
    assert run.returncode == 2
    assert "--yes" in run.stderr and "--answers" in run.stderr


def test_an_unknown_value_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "task: intent\ngpu: cpu\nadvice: {knowledge_change: unknown}\n"
        "roi: {requests_per_month: unknown}\n",
        encoding="utf-8",
    )
    report = json.loads(run_newft("advise", "--answers", "a.yml", "--json", cwd=tmp_path).stdout)
    assert "knowledge_change" in report["advice"]["unknown"]
    assert "requests_per_month" in report["roi"]["missing"]


class TestOutput:
    def test_a_plan_is_written_and_made_again(self, tmp_path: Path) -> None:
        run = run_newft(*ADVISE, "--output", "our plan.md", cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        plan = (tmp_path / "our plan.md").read_text(encoding="utf-8")
        charts = {path.name for path in (tmp_path / "our plan").glob("*.svg")}
        assert charts == {"scores.svg", "cash_flow.svg", "sensitivity.svg"}
        assert {*re.findall(r"\]\(our%20plan/(\w+\.svg)\)", plan)} == charts
        assert "docs/plan" not in plan and "newft update --set" not in plan
        before = _read_all(tmp_path)
        again = run_newft(*ADVISE, "--output", "our plan.md", cwd=tmp_path)
        assert again.returncode == 0 and _read_all(tmp_path) == before

    def test_charts_whose_figures_are_gone_go_too(self, tmp_path: Path) -> None:
        run_newft(*ADVISE, "--output", "plan.md", cwd=tmp_path)
        words = ("advise", "--yes", "--gpu", "cpu", *DAILY, "--output", "plan.md")
        assert run_newft(*words, cwd=tmp_path).returncode == 0
        assert not (tmp_path / "plan/cash_flow.svg").exists()

    @pytest.mark.parametrize("name", ["plan.md", "plan/scores.svg", "plan/answers.yml"])
    def test_what_somebody_else_wrote_or_edited_stays(self, name: str, tmp_path: Path) -> None:
        run_newft(*ADVISE, "--output", "plan.md", cwd=tmp_path)
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("\n# ours\n")
        before = _read_all(tmp_path)
        words = ("--set", "advice.needs_citation=yes", "--output", "plan.md")
        run = run_newft(*ADVISE, *words, cwd=tmp_path)
        assert run.returncode == 1 and name in run.stderr
        assert _read_all(tmp_path) == before

    def test_a_file_that_is_there_already_stays(self, tmp_path: Path) -> None:
        (tmp_path / "plan.md").write_text("ours\n", encoding="utf-8")
        run = run_newft(*ADVISE, "--output", "plan.md", cwd=tmp_path)
        assert run.returncode == 1 and "plan.md" in run.stderr
        assert [path.name for path in tmp_path.iterdir() if path.name != "state"] == ["plan.md"]

    @pytest.mark.parametrize("output", ["plan.txt", "plan", "missing/plan.md"])
    def test_a_path_that_cannot_be_is_refused_first(self, output: str, tmp_path: Path) -> None:
        run = run_newft(*ADVISE, "--output", output, cwd=tmp_path)
        assert run.returncode in (1, 2) and not run.stdout


class TestNew:
    def test_a_new_project_takes_the_answers_over(self, tmp_path: Path) -> None:
        run_newft(*ADVISE, "--output", "plan.md", cwd=tmp_path)
        words = ("new", "desk", "--advice", "plan/answers.yml", "--set", "roi.gpu_price=3")
        run = run_newft(*words, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        recorded = yaml.safe_load((tmp_path / "desk/.newft/answers.yml").read_text("utf-8"))
        assert recorded["advice"] == {"knowledge_change": "daily"}
        assert recorded["roi"] == {"gpu_price": "3", "requests_per_month": "20000"}
        assert recorded["task"] == "intent" and recorded["gpu"] == "cpu"
        assert "the advice is retrieval (RAG) before fine-tuning" in run.stderr
        assert (tmp_path / "desk/PLAN.md").is_file()

    def test_nothing_is_warned_of_where_nothing_is_known(self, tmp_path: Path) -> None:
        words = ("new", "desk", "--task", "intent", "--gpu", "cpu", "--yes", "--dry-run")
        shown = run_newft(*words, cwd=tmp_path).stderr
        assert "newft advise" in shown and "before fine-tuning" not in shown


class TestKit:
    """What a kit fixes holds in the plan of advise and in the project that takes it over."""

    MANIFEST = (
        "title: Bank\nextends: customer_service\n"
        "presets: {advice.weeks: '12'}\n"
        "locked:\n  advice.offline: {value: 'yes', why: {en: no cloud, zh: 不上云}}\n"
    )

    def test_the_plan_and_the_project_have_what_the_kit_fixes(self, tmp_path: Path) -> None:
        kit = write_kit(tmp_path / "bank", self.MANIFEST)
        words = (*ADVISE, "--kit", str(kit), "--output", "plan.md")
        run = run_newft(*words, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        plan = (tmp_path / "plan.md").read_text(encoding="utf-8")
        assert "on own devices" in plan and "on an API" not in plan
        answers = yaml.safe_load((tmp_path / "plan/answers.yml").read_text("utf-8"))
        assert answers["advice"]["offline"] == "yes" and answers["kit"]["source"]
        again = run_newft(*words, cwd=tmp_path)
        assert again.returncode == 0, again.stderr
        assert (tmp_path / "plan.md").read_text(encoding="utf-8") == plan
        made = run_newft("new", "desk", "--advice", "plan/answers.yml", "--yes", cwd=tmp_path)
        assert made.returncode == 0, made.stderr
        recorded = yaml.safe_load((tmp_path / "desk/.newft/answers.yml").read_text("utf-8"))
        assert recorded["advice"]["offline"] == "yes"
        assert "on own devices" in (tmp_path / "desk/PLAN.md").read_text(encoding="utf-8")

    @pytest.mark.parametrize("command", ["advise", "new"])
    def test_an_answer_against_a_lock_is_refused_with_its_reason(
        self, command: str, tmp_path: Path
    ) -> None:
        kit = write_kit(tmp_path / "bank", self.MANIFEST)
        answers = tmp_path / "answers.yml"
        answers.write_text("task: intent\ngpu: cpu\nadvice: {offline: 'no'}\n", encoding="utf-8")
        words = {"advise": ("advise", "--answers"), "new": ("new", "desk", "--advice")}[command]
        run = run_newft(*words, str(answers), "--kit", str(kit), "--yes", cwd=tmp_path)
        assert run.returncode in (1, 2)
        assert "advice.offline" in run.stderr and "no cloud" in run.stderr
        assert not (tmp_path / "desk").exists()


def _read_all(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by path, without what newft keeps for the user."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "state" not in path.relative_to(folder).parts
    }
