"""`newft show`: families, methods and models for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newft.catalog.loader import load_catalog
from newft.system.hardware_probe import probe_cpu
from newft.text_layout import format_table
from support.run_newft import run_newft


def show(*words: str, folder: Path) -> str:
    run = run_newft("show", *words, cwd=folder)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_models_say_what_they_take_and_whether_that_fits(tmp_path: Path) -> None:
    words = ("models", "--gpu", "1xRTX4090", "--json")
    listed = json.loads(show(*words, folder=tmp_path))
    catalog = load_catalog()
    names = [size.hub_id for family in catalog.families.values() for size in family.sizes]
    assert sorted(one["id"] for one in listed) == sorted(names)
    for one in listed:
        low, high = one["memory_gb"]
        assert 0 < low < high
        enough = high <= 23.05  # 24 GB, of which a desktop gets one
        assert one["fits"] == (enough and one["obstacle"] is None)
    fits = [one["fits"] for one in listed]
    assert fits == sorted(fits, reverse=True) and {*fits} == {True, False}
    by_name = {one["id"]: one for one in listed}
    assert by_name["Qwen/Qwen3-4B"]["fits"] and not by_name["Qwen/Qwen3-32B"]["fits"]

    full = json.loads(show(*words, "--method", "full", folder=tmp_path))
    of_full = {one["id"]: one["memory_gb"][0] for one in full}
    assert all(of_full[name] > one["memory_gb"][0] for name, one in by_name.items())


def test_the_table_of_models_says_what_it_is_estimated_for(tmp_path: Path) -> None:
    run = run_newft("show", "models", "--gpu", "2x24GB", "--lang", "zh", cwd=tmp_path)
    assert "2 张卡每张都要放下整个模型" in run.stderr and "1,024 个 token" in run.stderr
    row = next(line for line in run.stdout.splitlines() if line.startswith("Qwen/Qwen3-4B\t"))
    assert row.split("\t")[1:3] == ["4.0B", "bf16"]


def test_a_table_has_headings_without_a_terminal_too(tmp_path: Path) -> None:
    heads = {"models": "id\tsize\tdtype\tmemory\tfits", "hardware": "id\ttitle\tmemory_gb"}
    for topic, expected in heads.items():
        assert show(topic, folder=tmp_path).startswith(expected)


def test_ids_of_models_stay_whole_in_a_small_terminal(tmp_path: Path) -> None:
    rows = [line.split("\t") for line in show("models", folder=tmp_path).splitlines()]
    for line in format_table(rows, 80):
        assert line[0].strip() in {row[0] for row in rows}


def test_an_obstacle_is_said_once_with_the_models_that_it_is_of(tmp_path: Path) -> None:
    words = ("show", "models", "--gpu", "1xRTX4090", "--method", "qlora")
    said = run_newft(*words, cwd=tmp_path, COLUMNS="1000").stderr
    assert "note: openai/gpt-oss-120b, openai/gpt-oss-20b: the experts" in said


def test_the_cpu_is_that_of_this_machine(tmp_path: Path) -> None:
    listed = json.loads(show("models", "--gpu", "cpu", "--json", folder=tmp_path))
    memory = probe_cpu().memory_gb
    assert memory is not None
    for one in listed:
        assert one["precision"] == "fp32"
        enough = one["memory_gb"][1] <= memory and not one["obstacle"]
        assert not one["fits"] or enough


def test_the_note_says_the_step_of_the_method(tmp_path: Path) -> None:
    words = ("show", "models", "--gpu", "1xRTX4090", "--method")
    of_prefix, of_lora = (
        run_newft(*words, name, cwd=tmp_path).stderr for name in ("prefix", "lora")
    )
    assert "16 of them the answer, without gradient checkpointing" in of_prefix
    assert "16 of them the answer, with gradient checkpointing" in of_lora


def test_nobody_knows_whether_a_method_fits_that_may_not_work_there(tmp_path: Path) -> None:
    words = ("models", "--gpu", "1xAscend910B", "--method", "qlora", "--json")
    listed = json.loads(show(*words, folder=tmp_path))
    for one in listed:
        if not one["obstacle"]:
            assert one["fits"] is (False if one["memory_gb"][0] > 64 else None)
    assert not listed[-1]["fits"] and listed[-1]["fits"] is not None


def test_one_model_is_shown_in_the_units_of_the_table(tmp_path: Path) -> None:
    run = run_newft("show", "models", "Qwen/Qwen3-8B", "--gpu", "1xRTX4090", cwd=tmp_path)
    assert "size\t8.2B\n" in run.stdout and "fits\tyes\n" in run.stdout
    table = show("models", "--gpu", "1xRTX4090", folder=tmp_path)
    row = next(line for line in table.splitlines() if line.startswith("Qwen/Qwen3-8B"))
    assert f"memory\t{row.split(chr(9))[3]}\n" in run.stdout
    assert "obstacle" not in run.stdout and "chatglm3" not in run.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("models", "--gpu", "rtx409"), "error: gpu: `rtx409` is not a known accelerator"),
        (("models", "--method", "lroa"), "error: method: `lroa` is not known"),
        (
            ("families", "qwen"),
            "error: show families: `qwen` is not known\n\n"
            "hint: did you mean `qwen2_5`, `qwen3`, `qwen3_5`, `qwen3_moe`?",
        ),
        (("families", "--gpu", "cpu"), "error: --gpu: only `newft show models` takes it"),
        (("methods", "--method", "lora"), "error: --method: only `newft show models` takes it"),
    ],
)
def test_a_wrong_option_is_refused(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    run = run_newft("show", *words, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(message)


def test_every_method_says_what_was_run_of_it(tmp_path: Path) -> None:
    for one in json.loads(show("methods", "--json", folder=tmp_path)):
        assert "CPU" in one["tried"] and "run on a GPU" in one["tried"]


@pytest.mark.parametrize("named", [("families", "gemma4"), ("methods", "lora")])
def test_a_reason_names_the_modules_it_speaks_of(named: tuple[str, str], tmp_path: Path) -> None:
    shown = run_newft("show", *named, cwd=tmp_path).stdout
    assert "linear modules" in shown and "{" not in shown


def test_a_family_shows_its_values_with_their_reasons(tmp_path: Path) -> None:
    family = load_catalog().families["qwen3"]
    shown = dict(
        line.split("\t", 1) for line in show("families", "qwen3", folder=tmp_path).splitlines()
    )
    rate = family.methods["lora"].learning_rate
    assert rate
    assert shown["lora learning_rate"].startswith(f"{rate.value:g}: {rate.why.en}")
    assert shown["Qwen/Qwen3-4B"].startswith("4.0B, context 40,960, apache-2.0")


def test_what_others_use_is_of_methods_and_values_that_there_are() -> None:
    catalog = load_catalog()
    for practice in catalog.practices.values():
        assert {*practice.methods} <= {*catalog.methods}
        assert practice.source.startswith("https://")


def test_an_explanation_shows_what_others_use(tmp_path: Path) -> None:
    words = ("--yes", "--dry-run", "--explain", "--gpu", "1xRTX4090")
    run = run_newft("new", "desk", *words, cwd=tmp_path, COLUMNS="200")
    assert "LLaMA-Factory\u00a0(example)" in run.stderr.replace(" (example)", "\u00a0(example)")
    assert "https://thinkingmachines.ai/blog/lora/" in run.stderr
